using Weir.Cli;
using Weir.Cli.Load;

return await Tool.RunAsync(args, Surroundings.Here(), Console.Out, Console.Error);
