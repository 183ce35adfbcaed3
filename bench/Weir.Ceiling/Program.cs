using Weir.Ceiling;

// The same endpoint in Kestrel that decides nothing. It reads the request and writes the bytes of a fresh key's decision, so that the
// distance from here to Weir is what deciding costs. With --bare it does not even look into the body.
bool bare = args.Contains("--bare");
var builder = WebApplication.CreateSlimBuilder([.. args.Where(arg => arg != "--bare")]);
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
// A thousand clients may connect at once; the usual queue of 512 would make half of them try again a second later.
builder.WebHost.UseSockets(sockets => sockets.Backlog = 4096);

var app = builder.Build();
if (bare)
    app.Run(Answer.WithoutParsingAsync);
else
    app.MapPost("/limit/incr", Answer.AfterParsingAsync);

// Beside Weir's dotnet_gc_heap_total_allocated_bytes_total, for bench/run-allocations.
app.MapGet("/allocated", () => GC.GetTotalAllocatedBytes().ToString());
await app.RunAsync();
