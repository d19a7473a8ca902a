namespace Isolation.Images;

/// <summary>How much unpacked images may take.</summary>
/// <param name="Bytes">All of them together; the ones that rooms show stay, however large.</param>
/// <param name="Unused">How long one that nobody asks for stays.</param>
/// <param name="ImageBytes">One of them, with what unpacking it needs beside it.</param>
/// <param name="ImageFiles">The same, in files and directories.</param>
/// <param name="Time">How long each step of unpacking one may take.</param>
public sealed record StoreLimits(long Bytes, TimeSpan Unused, long ImageBytes, long ImageFiles, TimeSpan Time);
