using EmbeddedLog.IO;
using EmbeddedLog.IO.Windows;

namespace EmbeddedLog.Tests.IO.Windows;

/// <summary>Where segments are mapped for writing on Windows, which is decided alike everywhere.</summary>
public sealed class WindowsVolumeTests
{
    [Theory]
    [InlineData("NTFS", false, false, true, true, "NTFS", true, true)]
    [InlineData("NTFS", false, false, null, true, "NTFS", true, true)]
    [InlineData("NTFS", true, false, true, true, "remote NTFS", true, false)]
    [InlineData("NTFS", true, false, false, true, "remote NTFS", false, false)]
    [InlineData("NTFS", false, true, true, true, "compressed NTFS", true, false)]
    [InlineData("NTFS", false, false, false, true, "NTFS", false, false)]
    [InlineData("NTFS", false, false, true, false, "NTFS", true, false)]
    [InlineData("ReFS", false, false, true, true, "ReFS", true, false)]
    [InlineData("exFAT", false, false, null, true, "exFAT", false, false)]
    public void Traits_OfAVolume_MapOnlyWhereAReservedPageStays(
        string name, bool remote, bool compressed, bool? allocates, bool reserves, string shown, bool can, bool maps)
    {
        WindowsVolume volume = new(name, remote, compressed, allocates, reserves);

        Assert.Equal(new FileSystemTraits(shown, can, maps), volume.Traits);
    }
}
