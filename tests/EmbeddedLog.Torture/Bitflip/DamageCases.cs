namespace EmbeddedLog.Torture.Bitflip;

/// <summary>
/// All that is done to the files of the fixtures, see <see cref="DamagedFile"/>: numbered so that any run of numbers is
/// spread over all of it, and as many numbers in a row as there are cases are all of them.
/// </summary>
internal sealed class DamageCases : IDisposable
{
    /// <summary>A prime above any number of cases, so that multiples of it come past each case once.</summary>
    private const long Stride = 2_147_483_647;

    private readonly List<DamageFixture> _fixtures = [];

    /// <summary>The number of cases up to and with each file of each fixture.</summary>
    private readonly List<(long End, DamageFixture Fixture, DamagedFile File)> _files = [];

    public DamageCases()
    {
        foreach (DamageEnding ending in Enum.GetValues<DamageEnding>())
        {
            _fixtures.Add(DamageFixture.Create(ending, positional: false));
            _fixtures.Add(DamageFixture.Create(ending, positional: true));
        }

        long end = 0;
        foreach (DamageFixture fixture in _fixtures)
        {
            foreach (DamagedFile file in fixture.Files)
            {
                end += file.Cases;
                _files.Add((end, fixture, file));
            }
        }

        Count = end;
    }

    /// <summary>How many there are.</summary>
    public long Count { get; }

    /// <summary>The case of a number; numbers begin again behind the last.</summary>
    public (DamageFixture Fixture, Damage Damage) this[long number]
    {
        get
        {
            long place = (long)((UInt128)(ulong)(((number % Count) + Count) % Count) * Stride % (ulong)Count);
            int at = _files.FindIndex(file => place < file.End);
            (long end, DamageFixture fixture, DamagedFile file) = _files[at];
            return (fixture, file[place - (end - file.Cases)]);
        }
    }

    public void Dispose() => _fixtures.ForEach(fixture => fixture.Dispose());
}
