namespace Weir;

// Reads a file of live data into a state. Throws for any damage except an incomplete last line.
internal sealed class LiveLogReader(string path, FileStream file, LiveState state)
{
    private const int FirstBuffer = 1 << 20;

    /// <summary>Maximum length of a line in bytes. A document of 16 MiB fits, even escaped.</summary>
    private const int MostBuffer = 128 << 20;

    private int _lines;
    private long _snapshotLines;

    /// <summary>Content of a line that an operator writes over a damaged line, to accept the loss.</summary>
    private static ReadOnlySpan<byte> Lost => "lost"u8;

    public long Length { get; private set; }

    public long SnapshotLength { get; private set; }

    public void Read()
    {
        byte[] buffer = new byte[FirstBuffer];
        int held = 0, read;
        while ((read = RandomAccess.Read(file.SafeFileHandle, buffer.AsSpan(held), Length + held)) > 0)
        {
            held += read;
            int used = TakeLines(buffer.AsSpan(0, held));
            held -= used;
            buffer.AsSpan(used, held).CopyTo(buffer);
            if (held == buffer.Length)
                Array.Resize(ref buffer, held < MostBuffer ? held * 2 : throw Damaged("it is longer than any line that is written"));
        }

        if (_lines == 0)
            throw Unusable(held == 0 ? "is empty" : "is not live data of this version of Weir");
        if (_lines - 1 < _snapshotLines)
            throw Unusable($"ends after {_lines - 1} of the {_snapshotLines} lines of its snapshot");
    }

    private int TakeLines(ReadOnlySpan<byte> bytes)
    {
        int used = 0;
        for (int end; (end = bytes[used..].IndexOf((byte)'\n')) >= 0;)
        {
            Take(bytes.Slice(used, end));
            used += end + 1;
            Length += end + 1;
            if (_lines - 1 == _snapshotLines)
                SnapshotLength = Length;
        }

        return used;
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        int number = _lines++;
        bool isOfSnapshot = number <= _snapshotLines;
        if (number > 0 && bytes.SequenceEqual(Lost))
        {
            if (!isOfSnapshot)
                state.BeginAt(state.Version + 1);
            return;
        }

        try
        {
            var line = new LiveLine(bytes);
            if (number == 0)
                Begin(line);
            else if (isOfSnapshot)
                TakeSnapshot(line);
            else
                TakeChange(line);
        }
        catch (FormatException wrong)
        {
            throw number == 0 ? Unusable("is not live data of this version of Weir") : Damaged(wrong.Message);
        }
    }

    private void Begin(LiveLine line)
    {
        if (line.Type != LiveLine.Begin)
            throw new FormatException();
        (long format, _snapshotLines) = line.ReadBegin();
        if (format != LiveLine.CurrentFormat)
            throw Unusable($"is of format {format}, and this version of Weir reads format {LiveLine.CurrentFormat}");
        state.BeginAt(line.Version);
    }

    private void TakeSnapshot(LiveLine line)
    {
        switch (line.Type)
        {
            case LiveLine.Entry:
                state.Put(line.ReadEntry());
                break;
            case LiveLine.Past:
                state.Remember(line.ReadChange().Change);
                break;
            case LiveLine.Text:
                state.Remember(line.ReadEntry());
                break;
            default:
                throw new FormatException($"it is of the type {line.Type}, and stands in a snapshot");
        }
    }

    private void TakeChange(LiveLine line)
    {
        if (line.Type != LiveLine.Change)
            throw new FormatException($"it is of the type {line.Type}, and stands among changes");
        if (line.Version != state.Version + 1)
            throw new FormatException($"it is of version {line.Version}, and {state.Version + 1} should follow");
        var (change, value) = line.ReadChange();
        state.Make(change, value);
    }

    // Returns the error of a damaged line, which prevents the start: limits and API keys must not vanish silently.
    private IOException Damaged(string wrong) => new(
        $"{path}: line {_lines} is damaged: {wrong}; restore the file from a backup, or write the word lost in place of that line to go on without it");

    private IOException Unusable(string wrong) => new($"{path}: the file of live data {wrong}; restore it from a backup, or move it away to begin without live data");
}
