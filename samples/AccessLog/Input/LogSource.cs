using System.IO.Compression;
using System.Security.Cryptography;

namespace AccessLog.Input;

/// <summary>Where lines come from: a file, which can be resumed, or a stream, which cannot.</summary>
internal sealed class LogSource : IAsyncDisposable
{
    /// <summary>The argument for standard input, as in other programs.</summary>
    public const string StandardInput = "-";

    /// <summary>The place of the sample's own log, whose path depends on the build.</summary>
    private const string Shipped = "shipped";

    private readonly Stream _stream;

    /// <summary>The file behind the stream; null for a stream without one.</summary>
    private readonly FileStream? _file;
    private readonly string _place = string.Empty;

    private LogSource(string name, Stream stream)
    {
        Name = name;
        _stream = stream;
    }

    private LogSource(string name, FileStream file, string place, bool isCompressed)
    {
        Name = name;
        _file = file;
        _place = place;
        _stream = isCompressed ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    /// <summary>The name to show.</summary>
    public string Name { get; }

    /// <summary>Identifies this source; the id of an earlier run, if that had this file.</summary>
    public string Id { get; private set; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    /// <summary>True if a later run can go on behind the last line of this one.</summary>
    public bool CanResume => _file is not null;

    /// <summary>The source's length in bytes; null where it has no known end.</summary>
    public long? LengthBytes => _stream == _file ? _file.Length : null;

    /// <summary>The file's identity as of now; null for a stream.</summary>
    public FileIdentity? Identity => _file is null ? null : FileIdentity.Of(_file, _place);

    /// <summary>Opens the source that the command line names.</summary>
    /// <param name="argument">A path, <see cref="StandardInput"/>, or null for the log of the sample itself.</param>
    /// <exception cref="IOException">The file is missing or cannot be read; the message names it.</exception>
    /// <exception cref="InvalidDataException">The file is not text.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not read the file.</exception>
    public static LogSource Open(string? argument)
    {
        if (argument == StandardInput)
        {
            return new LogSource("standard input", Console.OpenStandardInput());
        }

        string path = Path.GetFullPath(argument ?? Path.Combine(AppContext.BaseDirectory, "access.log"));
        if (Directory.Exists(path))
        {
            throw new IOException($"'{path}' is a folder; name a file in it.");
        }

        FileStream file;
        try
        {
            // The server may go on writing the file, and may rename it, during the read.
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException($"There is no file '{path}'.", e);
        }

        // A pipe by name, such as a shell's <(xzcat access.log.xz), is a stream like standard input.
        return file.CanSeek ? OfFile(argument is null ? null : path, file) : new LogSource(path, file);
    }

    /// <summary>Takes the id of an earlier run if that had this file.</summary>
    public bool TryRecognize(string id, FileIdentity? known)
    {
        if (_file is null || known is null || !known.IsOf(_file, _place))
        {
            return false;
        }

        Id = id;
        return true;
    }

    /// <summary>Positions the source and reads on from there.</summary>
    /// <param name="position">Where a line begins, in bytes of text; zero for a source that cannot be resumed.</param>
    /// <param name="number">How many lines lie before it.</param>
    public LineReader ReadFrom(long position, long number)
    {
        if (_stream == _file)
        {
            _file.Position = position;
        }
        else
        {
            Skip(position);
        }

        return new LineReader(_stream, position, number, Name);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await (_file?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    /// <summary>A compressed file can only be read from its beginning.</summary>
    private void Skip(long bytes)
    {
        byte[] passed = new byte[64 * 1024];
        while (bytes > 0 && _stream.Read(passed, 0, (int)Math.Min(bytes, passed.Length)) is > 0 and int read)
        {
            bytes -= read;
        }
    }

    private static LogSource OfFile(string? path, FileStream file)
    {
        byte[] head = FileIdentity.ReadHead(file, FileIdentity.MaxHeadBytes);
        bool isCompressed = TextCheck.IsCompressed(head);
        if (!isCompressed && TextCheck.Fault(head) is { } fault)
        {
            file.Dispose();
            throw new InvalidDataException($"'{path}' {fault}");
        }

        return path is null
            ? new LogSource("the log that comes with the sample", file, Shipped, isCompressed)
            : new LogSource(path, file, FileIdentity.PlaceOf(file), isCompressed);
    }
}
