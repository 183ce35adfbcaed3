namespace Weir;

/// <summary>The window of a moment and those around it, in Unix time in microseconds.</summary>
/// <param name="PreviousStartUs">When the window before it begins.</param>
/// <param name="StartUs">When it begins.</param>
/// <param name="EndUs">When it ends, and the next one begins.</param>
/// <param name="NextEndUs">When the next one ends.</param>
/// <param name="EndAfterNextUs">When the one after that ends.</param>
internal readonly record struct WindowEdges(long PreviousStartUs, long StartUs, long EndUs, long NextEndUs, long EndAfterNextUs);
