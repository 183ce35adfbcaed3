namespace Weir;

/// <summary>Edges of a window and its neighbors, in Unix time in microseconds.</summary>
internal readonly record struct WindowEdges(long PreviousStartUs, long StartUs, long EndUs, long NextEndUs, long EndAfterNextUs);
