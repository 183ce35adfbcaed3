using BenchmarkDotNet.Running;
using Weir.Benchmarks;

switch (args)
{
    case ["--gate"]:
        int inMemory = AllocationGate.Run();
        return await RedisGate.RunAsync() ? inMemory : 1;
    case ["--memory"]:
        KeysProbe.Run();
        return 0;
    case ["--resolve"]:
        ResolveProbe.Run();
        ResolveProbe.RunKeys();
        return 0;
    case ["--access"]:
        AccessProbe.Run();
        return 0;
    case ["--top"]:
        TopProbe.Run();
        return 0;
    case ["--grpc"]:
        await GrpcProbe.RunAsync();
        return 0;
    case ["--grpc-empty", var port]:
        await EmptyGrpc.RunAsync(int.Parse(port));
        return 0;
    case ["--limits", var endpoint]:
        await LimitsProbe.RunAsync(endpoint);
        return 0;
    case ["--crowd", var endpoint]:
        await CrowdProbe.RunAsync(endpoint);
        return 0;
    case ["--redis", var endpoint]:
        await RedisProbe.RunAsync(endpoint);
        return 0;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(AllocationGate).Assembly).Run(args);
        return 0;
}
