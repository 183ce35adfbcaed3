using Weir.Server;

var command = CommandLine.Read(args);
switch (command.Verb)
{
    case CommandVerb.Help:
        Console.Out.Write(HelpText.Write());
        return 0;
    case CommandVerb.Version:
        Console.Out.WriteLine($"Weir {ProductVersion.Text}");
        return 0;
    case CommandVerb.Health:
        return await HealthCheck.RunAsync(command.Settings);
    default:
        return await Service.RunAsync(command);
}
