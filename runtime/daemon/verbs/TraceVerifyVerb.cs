using Isolation.Core;
using Isolation.Ledger;

namespace Isolation.Daemon;

/// <summary><c>trace verify [DIR]</c>: whether a ledger is whole, also a copied one.</summary>
internal static class TraceVerifyVerb
{
    public static int Run(string directory, TextWriter output, TextWriter errors)
    {
        Verification found;
        try
        {
            if (!Directory.Exists(directory))
            {
                errors.WriteLine($"{directory}: there is no such directory. Name the ledger's: isolationd trace verify DIR.");
                return ExitCodes.Failed;
            }

            found = LedgerVerifier.Verify(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.WriteLine($"{directory}: cannot be read: {e.Message}");
            return ExitCodes.Failed;
        }

        switch (found)
        {
            case Verification.Intact intact:
                output.WriteLine($"{directory}: whole, {intact.Records} records in {intact.Segments} segments");
                output.WriteLine($"head: {intact.Head.Sequence} {intact.Head.Hash}");
                output.WriteLine($"payloads without an ending: {intact.OpenPayloads.Count}");
                foreach (PayloadId payload in intact.OpenPayloads)
                    output.WriteLine($"  {payload}");
                if (intact.VoidBytes > 0)
                    output.WriteLine($"void bytes of writes that failed: {intact.VoidBytes}");
                return ExitCodes.Done;
            case Verification.Broken broken:
                errors.WriteLine($"{directory}: not whole: {broken.Segment}, line {broken.Line}: {broken.What}");
                return ExitCodes.Failed;
            default:
                throw new InvalidOperationException("a verification without an answer");
        }
    }
}
