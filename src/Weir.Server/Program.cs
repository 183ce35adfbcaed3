using Weir.Server;

if (args is ["--health", .. var settings])
    return await HealthCheck.RunAsync(settings);
return await Service.RunAsync(args);
