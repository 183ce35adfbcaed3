namespace Weir.Server.Tests.Connections;

public sealed class OpenFilesTests
{
    [Theory]
    [InlineData(1_024, 207, 625)]
    [InlineData(1_048_576, 207, 982_705)]
    [InlineData(256, 207, 1)]
    [InlineData(4_096, 300, 3_412)]
    public void The_limit_leaves_room_for_what_is_open_for_a_reserve_and_for_a_sixteenth(long limit, int open, int room) =>
        Assert.Equal(room, OpenFiles.RoomIn(limit, open));

    [Theory]
    [InlineData("Max open files            1024                 4096                 files     ", 1_024L)]
    [InlineData("Max open files            unlimited            unlimited            files     ", null)]
    [InlineData("Max locked memory         65536                65536                bytes     ", null)]
    public void The_soft_limit_is_read(string line, long? limit) =>
        Assert.Equal(limit, OpenFiles.LimitIn(["Limit                     Soft Limit           Hard Limit           Units     ", line]));

    [Fact]
    public void This_process_has_room() => Assert.True(OpenFiles.RoomForConnections() is null or > 0);
}
