namespace Isolation.Wire.Tests;

/// <summary>Damages bytes as a stranger might: a few changed, some cut out, some put in, or all made up.</summary>
internal static class Mutation
{
    private static readonly byte[] Telling = [0, 1, 0x7f, 0x80, 0xff, (byte)'"', (byte)'{', (byte)'[', (byte)'}', (byte)',', (byte)'\\'];

    public static byte[] Of(byte[] good, Random random)
    {
        List<byte> bytes = [.. good];
        for (int changes = random.Next(1, 5); changes > 0; changes--)
        {
            int at = random.Next(bytes.Count + 1);
            byte value = random.Next(2) == 0 ? Telling[random.Next(Telling.Length)] : (byte)random.Next(256);
            switch (random.Next(8))
            {
                case 0 when at < bytes.Count:
                    bytes.RemoveRange(at, random.Next(bytes.Count - at));
                    break;
                case 1:
                    bytes.Insert(at, value);
                    break;
                case 2 when bytes.Count > 1:
                    int from = random.Next(bytes.Count);
                    bytes.InsertRange(at, bytes.GetRange(from, random.Next(bytes.Count - from)));
                    break;
                case 3 when random.Next(20) == 0:
                    byte[] made = new byte[random.Next(200)];
                    random.NextBytes(made);
                    bytes = [.. made];
                    break;
                default:
                    if (at < bytes.Count)
                        bytes[at] = value;
                    break;
            }
        }

        return [.. bytes];
    }
}
