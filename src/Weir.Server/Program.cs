using Weir.Server;

if (args is ["--health"])
    return await HealthCheck.RunAsync();
return await Service.RunAsync(args);
