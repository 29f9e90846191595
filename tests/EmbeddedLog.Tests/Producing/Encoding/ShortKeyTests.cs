using EmbeddedLog.Producing.Encoding;

namespace EmbeddedLog.Tests.Producing.Encoding;

/// <summary>Short keys as bytes on the stack.</summary>
public sealed class ShortKeyTests
{
    [Fact]
    public void TryEncode_AsciiOfAnyLength_IsItsUtf8()
    {
        for (int length = 0; length <= ShortKey.MaxBytes; length++)
        {
            string text = Ascii(length);
            ShortKey room = default;

            Assert.True(ShortKey.TryEncode(text, ref room));
            Assert.Equal(System.Text.Encoding.UTF8.GetBytes(text), room[..length].ToArray());
        }
    }

    [Fact]
    public void TryEncode_OneCharacterTooMany_IsRefused()
    {
        ShortKey room = default;

        Assert.False(ShortKey.TryEncode(Ascii(ShortKey.MaxBytes + 1), ref room));
    }

    [Fact]
    public void TryEncode_OneOtherCharacterAnywhere_IsRefused()
    {
        for (int length = 1; length <= ShortKey.MaxBytes; length++)
        {
            for (int at = 0; at < length; at++)
            {
                foreach (char other in "\u0080\u00e4\u0100\u0141\uff41\ud800")
                {
                    char[] text = Ascii(length).ToCharArray();
                    text[at] = other;
                    ShortKey room = default;

                    Assert.False(ShortKey.TryEncode(new string(text), ref room), $"{length} {at} {(int)other:x4}");
                }
            }
        }
    }

    /// <summary>All of ASCII, the first and the last character too, and no two neighbours alike.</summary>
    private static string Ascii(int length) =>
        string.Create(length, length, (chars, seed) =>
        {
            for (int i = 0; i < chars.Length; i++)
            {
                chars[i] = (char)((seed + (37 * i)) & 0x7F);
            }
        });
}
