using System.Security.Cryptography;
using System.Text;

namespace AccessLog.Input;

/// <summary>Where lines come from: a file, which can be resumed, or a stream, which cannot.</summary>
internal sealed class LogSource : IAsyncDisposable
{
    /// <summary>The argument that means standard input, as with other programs.</summary>
    public const string StandardInput = "-";

    /// <summary>Bytes of the first line that tell one file from another at the same path.</summary>
    private const int IdentityBytes = 4096;

    private readonly Stream _stream;

    private LogSource(string name, string id, Stream stream)
    {
        Name = name;
        Id = id;
        _stream = stream;
    }

    /// <summary>The name to show.</summary>
    public string Name { get; }

    /// <summary>Tells this source from every other; the same file has the same in every run.</summary>
    public string Id { get; }

    /// <summary>True where a later run can go on behind the last line of this one.</summary>
    public bool CanResume => _stream.CanSeek;

    /// <summary>The source's length in bytes; null where it has no known end.</summary>
    public long? LengthBytes => CanResume ? _stream.Length : null;

    /// <summary>Opens the source that the command line names.</summary>
    /// <param name="argument">A path, <see cref="StandardInput"/>, or null for the log of the sample itself.</param>
    /// <exception cref="IOException">The file is missing or cannot be read; the message names it.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not read the file.</exception>
    public static LogSource Open(string? argument)
    {
        if (argument == StandardInput)
        {
            return OfStream("standard input", Console.OpenStandardInput());
        }

        string path = Path.GetFullPath(argument ?? Path.Combine(AppContext.BaseDirectory, "access.log"));
        if (Directory.Exists(path))
        {
            throw new IOException($"'{path}' is a folder; name a file in it.");
        }

        FileStream file;
        try
        {
            // The server may go on writing the file, and may rename it, while it is read.
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException($"There is no file '{path}'.", e);
        }

        // A pipe by name, such as a shell's <(zcat access.log.gz), is a stream like standard input.
        return file.CanSeek ? OfFile(argument is null ? null : path, file) : OfStream(path, file);
    }

    /// <summary>A source that ends with its stream and has an identity of its own.</summary>
    public static LogSource OfStream(string name, Stream stream) =>
        new(name, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), stream);

    /// <summary>Positions the source and reads on from there.</summary>
    /// <param name="position">Where a line begins, in bytes; zero for a source that cannot be resumed.</param>
    /// <param name="number">How many lines lie before it.</param>
    public LineReader ReadFrom(long position, long number)
    {
        if (CanResume)
        {
            _stream.Position = position;
        }

        return new LineReader(_stream, position, number);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    /// <summary>
    /// A file is known by its path and its first line: the log that a server begins under the same name after a
    /// rotation is another source. The log that comes with the sample is known by its first line alone, because its
    /// path depends on how the sample was built.
    /// </summary>
    private static LogSource OfFile(string? path, FileStream file)
    {
        byte[] head = new byte[IdentityBytes];
        int read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        int newline = head.AsSpan(0, read).IndexOf((byte)'\n');
        byte[] identity = [.. Encoding.UTF8.GetBytes(path + "\n"), .. head.AsSpan(0, newline < 0 ? read : newline)];
        string id = Convert.ToHexStringLower(SHA256.HashData(identity).AsSpan(0, 8));
        return new LogSource(path ?? "the log that comes with the sample", id, file);
    }
}
