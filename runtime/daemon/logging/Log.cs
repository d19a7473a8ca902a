using Isolation.Core;
using Microsoft.Extensions.Logging;

namespace Isolation.Daemon;

/// <summary>Every line that the daemon logs. What a stranger wrote is made printable by the caller.</summary>
internal static partial class Log
{
    [LoggerMessage(EventIds.Serving, LogLevel.Information, "{Service} serves {Socket} as uid {Uid}")]
    public static partial void Serving(ILogger log, string service, string socket, uint uid);

    [LoggerMessage(EventIds.Stopping, LogLevel.Information, "stopping: no new connections; {Running} payloads live on")]
    public static partial void Stopping(ILogger log, int running);

    [LoggerMessage(EventIds.Draining, LogLevel.Information, "draining, asked by {Who}: no new payloads; the service ends when none is left")]
    public static partial void Draining(ILogger log, string who);

    [LoggerMessage(EventIds.Stopped, LogLevel.Information, "stopped")]
    public static partial void Stopped(ILogger log);

    [LoggerMessage(EventIds.NotRecorded, LogLevel.Error, "{What} is not in the ledger: {Cause}")]
    public static partial void NotRecorded(ILogger log, string what, string cause);

    [LoggerMessage(EventIds.CannotServe, LogLevel.Critical, "cannot serve: {Cause}")]
    public static partial void CannotServe(ILogger log, string cause);

    [LoggerMessage(EventIds.ChildEnded, LogLevel.Warning, "child process {Pid} ended: {How} {Value}")]
    public static partial void ChildEnded(ILogger log, int pid, string how, int value);

    [LoggerMessage(EventIds.WithoutKernel, LogLevel.Information, "the kernel lacks {Ability}: connections are read by a thread each")]
    public static partial void WithoutKernel(ILogger log, string ability);

    [LoggerMessage(EventIds.ConnectionRefused, LogLevel.Warning, "uid {Uid}, pid {Pid}: connection refused, {Cause}")]
    public static partial void ConnectionRefused(ILogger log, uint uid, int pid, string cause);

    [LoggerMessage(EventIds.ConnectionBroke, LogLevel.Warning, "uid {Uid}, pid {Pid}: connection closed, {Cause}")]
    public static partial void ConnectionBroke(ILogger log, uint uid, int pid, string cause);

    [LoggerMessage(EventIds.ConnectionFailed, LogLevel.Error, "uid {Uid}, pid {Pid}: an error of the service itself")]
    public static partial void ConnectionFailed(ILogger log, Exception error, uint uid, int pid);

    [LoggerMessage(EventIds.AcceptFailed, LogLevel.Error, "no connection can be accepted: {Cause}")]
    public static partial void AcceptFailed(ILogger log, string cause);

    [LoggerMessage(EventIds.PeerUnknown, LogLevel.Warning, "uid {Uid}, pid {Pid}: {Cause}")]
    public static partial void PeerUnknown(ILogger log, uint uid, int pid, string cause);

    [LoggerMessage(EventIds.PeerInsideCell, LogLevel.Warning, "uid {Uid}, pid {Pid}, cgroup {Cgroup}: inside a cell, refused")]
    public static partial void PeerInsideCell(ILogger log, uint uid, int pid, string cgroup);

    [LoggerMessage(EventIds.RunFailed, LogLevel.Error, "payload {Id}: an error of the service itself")]
    public static partial void RunFailed(ILogger log, Exception error, PayloadId id);

    [LoggerMessage(EventIds.WardenConnected, LogLevel.Information, "connected to the warden at {Path}")]
    public static partial void WardenConnected(ILogger log, string path);

    [LoggerMessage(EventIds.WardenLost, LogLevel.Error, "the warden does not answer: {Cause}")]
    public static partial void WardenLost(ILogger log, string cause);

    [LoggerMessage(EventIds.Recovering, LogLevel.Information, "of an earlier run: {Payloads} payloads without an ending are waited for, {Leases} accounts of nobody's are given back")]
    public static partial void Recovering(ILogger log, int payloads, int leases);

    [LoggerMessage(EventIds.NotRecovered, LogLevel.Error, "payload {Payload}, of an earlier run, has no ending on record and is not seen to: {Why}. Its account stays lent. Look at it with: isolation trace --payload {Payload}")]
    public static partial void NotRecovered(ILogger log, PayloadId payload, string why);

    [LoggerMessage(EventIds.WardenStrange, LogLevel.Error, "the warden sent what is not in its protocol: {What}")]
    public static partial void WardenStrange(ILogger log, string what);

    [LoggerMessage(EventIds.WardenNotStopped, LogLevel.Warning, "the warden goes on: {Cause}")]
    public static partial void WardenNotStopped(ILogger log, string cause);

    [LoggerMessage(EventIds.WardenStopped, LogLevel.Information, "the warden stops")]
    public static partial void WardenStopped(ILogger log);

    [LoggerMessage(EventIds.LevelReady, LogLevel.Information, "level {Level} is ready: {Kinds}")]
    public static partial void LevelReady(ILogger log, string level, string kinds);

    [LoggerMessage(EventIds.LevelNotReady, LogLevel.Information, "level {Level} is not ready: {Cause} {Fix}")]
    public static partial void LevelNotReady(ILogger log, string level, string cause, string fix);

    [LoggerMessage(EventIds.CellNotDestroyed, LogLevel.Error, "cell {Cell} was not destroyed: {Cause}")]
    public static partial void CellNotDestroyed(ILogger log, CellId cell, string cause);

    [LoggerMessage(EventIds.PolicyLoaded, LogLevel.Information, "policy of site {Site} in force, {Epoch}")]
    public static partial void PolicyLoaded(ILogger log, string site, string epoch);

    [LoggerMessage(EventIds.PolicyFault, LogLevel.Error, "policy: {Fault}")]
    public static partial void PolicyFault(ILogger log, string fault);

    [LoggerMessage(EventIds.PolicyKept, LogLevel.Error, "the policy file has {Count} faults and was refused; {Epoch} stays in force")]
    public static partial void PolicyKept(ILogger log, int count, string epoch);

    [LoggerMessage(EventIds.PolicyNote, LogLevel.Warning, "policy: {Line}")]
    public static partial void PolicyNote(ILogger log, string line);
}
