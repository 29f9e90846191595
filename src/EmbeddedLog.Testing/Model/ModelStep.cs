namespace EmbeddedLog.Testing.Model;

/// <summary>One step of a program as plain numbers, so that any change of them gives another program.</summary>
/// <param name="Kind">The kind of step.</param>
/// <param name="Partition">The partition, modulo their number.</param>
/// <param name="Amount">See <see cref="ModelStepKind"/>.</param>
/// <param name="Size">See <see cref="ModelStepKind"/>.</param>
/// <param name="Choice">See <see cref="ModelStepKind"/>.</param>
internal readonly record struct ModelStep(ModelStepKind Kind, int Partition, int Amount, int Size, int Choice)
{
    public override string ToString() => $"{Kind}({Partition}, {Amount}, {Size}, {Choice})";
}
