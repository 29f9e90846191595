using System.Text;

namespace AccessLog.Views;

/// <summary>A table of plain text with aligned columns.</summary>
internal sealed class TextTable
{
    /// <summary>Longer cells are cut, so that one long path does not spoil the table.</summary>
    private const int MaxCellLength = 60;

    private readonly string[] _headings;
    private readonly bool[] _alignRight;
    private readonly List<string[]> _rows = [];

    /// <summary>Creates a table.</summary>
    /// <param name="headings">The headings; a heading that begins with <c>&gt;</c> is for a column of figures.</param>
    public TextTable(params string[] headings)
    {
        _alignRight = [.. headings.Select(h => h.StartsWith('>'))];
        _headings = [.. headings.Select(h => h.TrimStart('>'))];
    }

    /// <summary>Adds a row with one cell for each heading.</summary>
    public void Add(params string[] cells) => _rows.Add([.. cells.Select(Printable)]);

    /// <summary>Prints the table, indented by two spaces.</summary>
    public void Print(TextWriter output)
    {
        int[] widths = [.. _headings.Select((h, i) => Math.Max(h.Length, _rows.Max(r => r[i].Length)))];
        PrintRow(output, _headings, widths);
        foreach (string[] row in _rows)
        {
            PrintRow(output, row, widths);
        }
    }

    private void PrintRow(TextWriter output, string[] cells, int[] widths)
    {
        var line = new StringBuilder();
        for (int i = 0; i < cells.Length; i++)
        {
            line.Append("  ").Append(_alignRight[i] ? cells[i].PadLeft(widths[i]) : cells[i].PadRight(widths[i]));
        }

        output.WriteLine(line.ToString().TrimEnd());
    }

    /// <summary>
    /// Cells come from clients, which may be hostile: control characters could write anywhere on the terminal.
    /// </summary>
    private static string Printable(string cell)
    {
        string cut = cell.Length <= MaxCellLength ? cell : cell[..(MaxCellLength - 3)] + "...";
        return string.Create(cut.Length, cut, (target, text) =>
        {
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = char.IsControl(text[i]) || char.IsSurrogate(text[i]) ? '?' : text[i];
            }
        });
    }
}
