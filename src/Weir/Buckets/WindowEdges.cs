namespace Weir;

/// <summary>Edges of a window, of the window before and of the two after; in µs of Unix time.</summary>
internal readonly record struct WindowEdges(long PreviousStartUs, long StartUs, long EndUs, long NextEndUs, long EndAfterNextUs);
