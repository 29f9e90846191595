namespace EmbeddedLog.Torture.Bitflip;

/// <summary>
/// A file of a fixture, and what can be done to it: every bit flipped and every length left as far as it holds
/// something, and a page more; one of each in every sector of the zeros that were reserved behind that.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="UsedBytes">Where its last byte ends that is not zero.</param>
internal readonly record struct DamagedFile(string Path, long Length, long UsedBytes)
{
    private const int BytesPerOverwriting = 32;
    private const int PageBytes = 4096;
    private const int SectorBytes = 512;

    /// <summary>How many things can be done to it.</summary>
    public long Cases => (8 * Dense) + Dense + (2 * Sparse) + Overwritings + 1;

    private long Dense => Math.Min(Length, UsedBytes + PageBytes);

    private long Sparse => (Length - Dense) / SectorBytes;

    private long Overwritings => Dense / BytesPerOverwriting;

    /// <summary>What is done in one of the cases.</summary>
    public Damage this[long number]
    {
        get
        {
            if (number < 8 * Dense)
            {
                return new Damage(DamageKind.Flip, Path, number);
            }

            number -= 8 * Dense;
            if (number < Dense)
            {
                return new Damage(DamageKind.Cut, Path, number);
            }

            number -= Dense;
            if (number < Sparse)
            {
                // Another bit in every sector.
                return new Damage(DamageKind.Flip, Path, (8 * (Dense + (number * SectorBytes))) + (number % (8 * 512)));
            }

            number -= Sparse;
            if (number < Sparse)
            {
                return new Damage(DamageKind.Cut, Path, Dense + (number * SectorBytes));
            }

            number -= Sparse;
            return number < Overwritings
                ? new Damage(DamageKind.Overwrite, Path, number)
                : new Damage(DamageKind.Missing, Path, 0);
        }
    }
}
