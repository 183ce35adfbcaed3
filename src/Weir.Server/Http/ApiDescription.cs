using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Weir.Server;

/// <summary>Adds parameters, access and optional fields to the generated OpenAPI document.</summary>
internal static class ApiDescription
{
    private const string KeyScheme = "key";

    private static readonly Dictionary<string, string> Tags = new(StringComparer.Ordinal)
    {
        ["Decisions"] = "Take, check, charge and refund tokens.",
        ["Reservations"] = "Take tokens whose true number is known later.",
        ["Admin"] = "Policies, tenants, keys and what they did. For admin keys.",
        ["Health"] = "Whether the service lives and how it decides.",
        ["Descriptions"] = "Descriptions for editors and generators.",
    };

    public static void Complete(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            DescribeDocument(document);
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            DescribeFields(schema, context.JsonTypeInfo);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            // Keep the summary of the route, which the framework replaces by the handler's comment.
            operation.Summary = metadata.OfType<IEndpointSummaryMetadata>().Last().Summary;
            operation.Description = null;
            DescribeAccess(operation, context);
            DescribeParameters(operation, metadata);
            return Task.CompletedTask;
        });
    }

    private static void DescribeDocument(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Weir",
            Description = "Decides whether requests may go ahead: rate limits by tenant, plan and key.",
            Version = ProductVersion.Text,
            License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
        };
        document.Servers = [new OpenApiServer { Url = "/" }];
        foreach (var tag in document.Tags ?? new HashSet<OpenApiTag>())
            tag.Description = Tags[tag.Name!];
        (document.Components ??= new OpenApiComponents()).SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [KeyScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = $"An API key ({KeySecret.Prefix}…), or the admin key. A key of one tenant gets 404 for every other tenant.",
            },
        };
    }

    /// <summary>Makes nullable fields optional and removes their null type, because no field is ever null.</summary>
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

        string? required = type.Type == typeof(TakeBody) ? "key" : type.Type == typeof(BatchBody) ? "requests" : null;
        if (required is not null)
            (schema.Required ??= new HashSet<string>()).Add(required);
    }

    /// <summary>Declares whether a key is required. An additional empty requirement makes the key optional.</summary>
    private static void DescribeAccess(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        operation.Security = [];
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<Access>().First().Scope is not { } scope)
            return;
        operation.Security.Add(new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(KeyScheme, context.Document)] = [] });
        if (scope == KeyScope.Take && context.ApplicationServices.GetRequiredService<AccessRule>().AnonymousMayTake)
            operation.Security.Add([]);
    }

    private static void DescribeParameters(OpenApiOperation operation, IList<object> metadata)
    {
        foreach (var parameter in metadata.OfType<PathParameter>())
            Add(operation, parameter.Name, ParameterLocation.Path, parameter.Description, isRequired: true);
        foreach (var parameter in metadata.OfType<QueryRule>().SelectMany(rule => rule.Parameters).Where(parameter => parameter.IsDescribed))
            Add(operation, parameter.Name, ParameterLocation.Query, parameter.Description, parameter.IsNumber, parameter.IsRequired);
        foreach (var header in metadata.OfType<HeaderParameter>())
            Add(operation, header.Name, ParameterLocation.Header, header.Description);
        bool isTake = metadata.OfType<Access>().Any(access => access.Scope == KeyScope.Take);
        if (isTake && !metadata.OfType<FactsOfProxy>().Any())
            Add(operation, FactsReader.TenantHeader, ParameterLocation.Header, $"The tenant, if no field names it: {Bounds.NameRule}.");
    }

    private static void Add(OpenApiOperation operation, string name, ParameterLocation place, string description, bool isNumber = false, bool isRequired = false) =>
        (operation.Parameters ??= []).Add(new OpenApiParameter
        {
            Name = name,
            In = place,
            Description = description,
            Required = isRequired,
            Schema = isNumber ? new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" } : new OpenApiSchema { Type = JsonSchemaType.String },
        });
}
