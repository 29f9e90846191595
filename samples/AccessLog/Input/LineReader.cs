namespace AccessLog.Input;

/// <summary>
/// Cuts a stream into lines with their byte positions, to which a resumed run seeks. Memory stays bounded whatever the
/// input: only the beginning of a line over <see cref="MaxLineBytes"/> is returned.
/// </summary>
internal sealed class LineReader
{
    /// <summary>A line may be this long, in bytes; servers refuse requests well below it.</summary>
    public const int MaxLineBytes = 64 * 1024;

    private readonly Stream _stream;
    private readonly string _name;

    /// <summary>Whether the first bytes were checked to be text.</summary>
    private bool _isChecked;

    /// <summary>The bytes from the stream: always room for the longest line and its end.</summary>
    private readonly byte[] _buffer = new byte[2 * MaxLineBytes];

    /// <summary>The range of <see cref="_buffer"/> that was not returned yet.</summary>
    private int _start;
    private int _end;

    /// <summary>The position in the source of <see cref="_start"/>, in bytes.</summary>
    private long _position;

    /// <summary>The number of the last returned line.</summary>
    private long _number;

    /// <summary>Reads from the stream's position on.</summary>
    /// <param name="stream">The stream; the caller disposes of it.</param>
    /// <param name="position">The stream's position in the source, in bytes.</param>
    /// <param name="number">The number of lines before that.</param>
    /// <param name="name">The source's name, for messages.</param>
    public LineReader(Stream stream, long position, long number, string name = "the source")
    {
        _name = name;
        _isChecked = position > 0;
        _stream = stream;
        _position = position;
        _number = number;
    }

    /// <summary>Reads the next line; null at the end of the source.</summary>
    /// <exception cref="InvalidDataException">The source is not text.</exception>
    public async ValueTask<LogLine?> ReadAsync(CancellationToken cancellationToken)
    {
        int searched = 0;
        while (true)
        {
            int limit = Math.Min(_end, _start + MaxLineBytes + 1);
            int newline = _buffer.AsSpan((_start + searched)..limit).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                return Take(searched + newline, lineEnd: 1);
            }

            searched = limit - _start;
            if (searched > MaxLineBytes)
            {
                return await TakeTooLongAsync(cancellationToken);
            }

            if (!await FillAsync(cancellationToken))
            {
                return searched == 0 ? null : Take(searched, lineEnd: 0);
            }
        }
    }

    private LogLine Take(int length, int lineEnd)
    {
        ReadOnlyMemory<byte> text = _buffer.AsMemory(_start, length);
        Skip(length + lineEnd);
        _number++;
        return new LogLine(_number, WithoutMarks(text), _position, IsTooLong: false, IsTerminated: lineEnd == 1);
    }

    private async ValueTask<LogLine> TakeTooLongAsync(CancellationToken cancellationToken)
    {
        byte[] head = _buffer.AsSpan(_start, RejectedLine.KeptBytes).ToArray();
        while (true)
        {
            int newline = _buffer.AsSpan(_start.._end).IndexOf((byte)'\n');
            Skip(newline < 0 ? _end - _start : newline + 1);
            if (newline >= 0 || !await FillAsync(cancellationToken))
            {
                _number++;
                return new LogLine(_number, head, _position, IsTooLong: true, IsTerminated: newline >= 0);
            }
        }
    }

    private void Skip(int bytes)
    {
        _start += bytes;
        _position += bytes;
    }

    /// <summary>Moves the rest to the front and reads more behind it; false at the end of the source.</summary>
    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start.._end).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        // A read from a terminal or a pipe does not observe cancellation; after a cancellation there is no further
        // read.
        Task<int> reading = _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).AsTask();
        int read = await reading.WaitAsync(cancellationToken);
        if (!_isChecked)
        {
            _isChecked = true;
            if (TextCheck.Fault(_buffer.AsSpan(_end, Math.Min(read, FileIdentity.MaxHeadBytes))) is { } fault)
            {
                throw new InvalidDataException($"'{_name}' {fault}");
            }
        }

        _end += read;
        return read > 0;
    }

    /// <summary>
    /// Removes the characters that some systems leave around a line: a carriage return, a byte order mark.
    /// </summary>
    private ReadOnlyMemory<byte> WithoutMarks(ReadOnlyMemory<byte> text)
    {
        if (text.Span.EndsWith("\r"u8))
        {
            text = text[..^1];
        }

        return _number == 1 && text.Span.StartsWith("\uFEFF"u8) ? text[3..] : text;
    }
}
