namespace EmbeddedLog.Torture.Bitflip;

/// <summary>
/// A file of a fixture and its cases. In every sector with data each bit is flipped, the file is cut to each length,
/// and many places are overwritten; in every sector of zeros there is one flip and one length.
/// </summary>
internal sealed class DamagedFile
{
    private const int BytesPerOverwriting = 32;
    private const int SectorBytes = 512;

    private readonly int _length;

    /// <summary>The starts of the sectors with data; the last one may be cut by the end of the file.</summary>
    private readonly int[] _full;

    /// <summary>The starts of the sectors of zeros.</summary>
    private readonly int[] _empty;

    /// <summary>The number of bytes in sectors with data.</summary>
    private readonly long _dense;

    /// <summary>The file as it was at an earlier clean close; null where it was the same, or not there.</summary>
    private readonly byte[]? _older;

    /// <param name="path">The file.</param>
    /// <param name="bytes">All of it.</param>
    /// <param name="older">The file as it was at an earlier clean close; null where it was not there.</param>
    public DamagedFile(string path, byte[] bytes, byte[]? older)
    {
        _older = older is not null && older.AsSpan().SequenceEqual(bytes) ? null : older;
        Path = path;
        _length = bytes.Length;
        ILookup<bool, int> sectors = Enumerable.Range(0, (bytes.Length + SectorBytes - 1) / SectorBytes)
            .Select(sector => sector * SectorBytes)
            .ToLookup(at => bytes.AsSpan(at, Math.Min(SectorBytes, bytes.Length - at)).ContainsAnyExcept((byte)0));
        _full = [.. sectors[true]];
        _empty = [.. sectors[false]];
        _dense = _full.Sum(at => (long)Math.Min(SectorBytes, _length - at));
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The number of cases of this file.</summary>
    public long Cases =>
        (8 * _dense) + _dense + (2 * _empty.Length) + Overwritings + 1 + (_older is null ? 0 : OlderCases);

    /// <summary>All these cases are the same; with so many of them a short run includes some.</summary>
    private static long OlderCases => 200;

    private long Overwritings => _dense / BytesPerOverwriting;

    /// <summary>The damage of one case.</summary>
    public Damage this[long number]
    {
        get
        {
            if (number < 8 * _dense)
            {
                return new Damage(DamageKind.Flip, Path, (8 * Position(number / 8)) + (number % 8));
            }

            number -= 8 * _dense;
            if (number < _dense)
            {
                return new Damage(DamageKind.Cut, Path, Position(number));
            }

            number -= _dense;
            if (number < _empty.Length)
            {
                // Another bit in every sector.
                long bit = number % (8 * Math.Min(SectorBytes, _length - _empty[number]));
                return new Damage(DamageKind.Flip, Path, (8L * _empty[number]) + bit);
            }

            number -= _empty.Length;
            if (number < _empty.Length)
            {
                return new Damage(DamageKind.Cut, Path, _empty[number]);
            }

            number -= _empty.Length;
            return number < Overwritings
                ? new Damage(DamageKind.Overwrite, Path, Position(number * BytesPerOverwriting))
                : number == Overwritings
                    ? new Damage(DamageKind.Missing, Path, 0)
                    : new Damage(DamageKind.Older, Path, 0, _older);
        }
    }

    /// <summary>The position of one of the bytes with data; only the last sector may be short.</summary>
    private long Position(long dense) => _full[dense / SectorBytes] + (dense % SectorBytes);
}
