using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Weir.Server;

/// <summary>What the OpenAPI document cannot learn from the code: parameters that are read by hand, so that strangers among them are noticed.</summary>
internal static class ApiDescription
{
    private const string KeyScheme = "key";

    public static void Complete(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "Weir";
            document.Info.Description = "Decides whether requests may go ahead: token buckets by tenant, plan and key.";
            (document.Components ??= new OpenApiComponents()).SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [KeyScheme] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "bearer",
                    Description = $"An API key ({KeySecret.Prefix}…), or the admin key. A key of one tenant is for that tenant only: of others it sees 404.",
                },
            };
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            DescribeFields(schema, context.JsonTypeInfo);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            DescribeAccess(operation, context);
            DescribeParameters(operation, context.Description.ActionDescriptor.EndpointMetadata);
            return Task.CompletedTask;
        });
    }

    /// <summary>A field that may be null is one that may be left out; none is ever sent, or taken, as null.</summary>
    private static void DescribeFields(OpenApiSchema schema, JsonTypeInfo type)
    {
        if (schema.Properties is not { Count: > 0 } fields)
            return;
        foreach (var field in type.Properties.Where(field => field.IsGetNullable))
        {
            schema.Required?.Remove(field.Name);
            if (fields.TryGetValue(field.Name, out var described) && described is OpenApiSchema { Type: { } types } own)
                own.Type = types & ~JsonSchemaType.Null;
        }

        string? needed = type.Type == typeof(TakeBody) ? "key" : type.Type == typeof(BatchBody) ? "requests" : null;
        if (needed is not null)
            (schema.Required ??= new HashSet<string>()).Add(needed);
    }

    private static void DescribeParameters(OpenApiOperation operation, IList<object> metadata)
    {
        foreach (var parameter in metadata.OfType<PathParameter>())
            Add(operation, parameter.Name, ParameterLocation.Path, parameter.Description, required: true);
        foreach (var parameter in metadata.OfType<QueryRule>().SelectMany(rule => rule.Parameters))
            Add(operation, parameter.Name, ParameterLocation.Query, parameter.Description, parameter.IsNumber ? JsonSchemaType.Integer : JsonSchemaType.String, parameter.IsRequired);
        if (metadata.OfType<Access>().Any(access => access.Scope == KeyScope.Take))
            Add(operation, FactsReader.TenantHeader, ParameterLocation.Header, $"The tenant, if no field names it: {Bounds.NameRule}.");
    }

    /// <summary>Where anybody may take, a key is still looked at if there is one: an empty requirement beside the other says that it may be left out.</summary>
    private static void DescribeAccess(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<Access>().FirstOrDefault() is not { Scope: not null } access)
            return;
        operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(KeyScheme, context.Document)] = [] }];
        if (access.Scope == KeyScope.Take && context.ApplicationServices.GetRequiredService<AccessRule>().AnonymousMayTake)
            operation.Security.Add([]);
    }

    private static void Add(
        OpenApiOperation operation, string name, ParameterLocation place, string description, JsonSchemaType type = JsonSchemaType.String, bool required = false) =>
        (operation.Parameters ??= []).Add(new OpenApiParameter
        {
            Name = name,
            In = place,
            Description = description,
            Required = required,
            Schema = new OpenApiSchema { Type = type },
        });
}
