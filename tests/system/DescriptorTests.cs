namespace Isolation.Service.Tests;

/// <summary>Promise: what the warden holds open for a payload is little, so that a thousand payloads fit under a limit of open files that hosts have, and it is closed when the payload is over.</summary>
public sealed class DescriptorTests
{
    private const int MostForOne = 13; // a dozen, and one for a moment
    private const int Payloads = 6;

    [SkippableFact]
    public void TheWardenHoldsFewDescriptorsForAPayloadAndNoneAfterIt()
    {
        using var service = Service.Start();
        service.Shell.Bash("$A run -- true").Silent();
        int before = Held(service);
        List<Client> clients = [];
        try
        {
            for (int i = 0; i < Payloads; i++)
                clients.Add(service.Shell.StartPayload("sleep 60", ""));
            Assert.InRange((Held(service) - before) / Payloads, 1, MostForOne);
        }
        finally
        {
            foreach (Client client in clients)
                client.Dispose();
        }

        Until.True(() => Held(service) <= before, 20, () => $"{Held(service)} descriptors, {before} before");
    }

    private static int Held(Service service) => Directory.GetFileSystemEntries($"/proc/{service.Warden}/fd").Length;
}
