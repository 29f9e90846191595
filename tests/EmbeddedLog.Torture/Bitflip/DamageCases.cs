namespace EmbeddedLog.Torture.Bitflip;

/// <summary>
/// All cases of damage to the files of the fixtures, see <see cref="DamagedFile"/>. Consecutive numbers are spread over
/// all files, and <see cref="Count"/> consecutive numbers are all cases.
/// </summary>
internal sealed class DamageCases : IDisposable
{
    /// <summary>A prime above any number of cases, so that its multiples reach each case once.</summary>
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

    /// <summary>The number of cases.</summary>
    public long Count { get; }

    /// <summary>The case with a number; after the last case the numbers start again at the first.</summary>
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
