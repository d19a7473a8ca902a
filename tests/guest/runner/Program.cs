using Isolation.Guest.Runner;
using Xunit.Runners;

// Runs the tests of one assembly in this process: runner ASSEMBLY RESULTS.trx [[-]PART-OF-A-NAME]...
// A test runs when its name holds one of the parts, and none of those behind a minus. vstest starts three processes and compiles for most
// of a minute where every instruction is emulated; this takes seconds.
if (args.Length < 2)
{
    Console.Error.WriteLine("runner: usage: runner ASSEMBLY RESULTS.trx [[-]PART-OF-A-NAME]...");
    return 2;
}

NameFilter filter = new(args[2..]);
TestResults results = new();
using ManualResetEventSlim over = new();
string? broken = null;
using (AssemblyRunner runner = AssemblyRunner.WithoutAppDomain(Path.GetFullPath(args[0])))
{
    runner.TestCaseFilter = test => filter.Takes(test.DisplayName);
    runner.OnTestStarting = test => Console.WriteLine($"      {test.TestDisplayName}");
    runner.OnTestPassed = test => results.Add(new TestResult(test.TestDisplayName, TestOutcome.Passed, test.ExecutionTime, "", ""));
    runner.OnTestSkipped = test => results.Add(new TestResult(test.TestDisplayName, TestOutcome.NotExecuted, 0, test.SkipReason, ""));
    runner.OnTestFailed = test => results.Add(
        new TestResult(test.TestDisplayName, TestOutcome.Failed, test.ExecutionTime, $"{test.ExceptionType}: {test.ExceptionMessage}", test.ExceptionStackTrace));
    // What fails outside of a test, such as a fixture's disposal, is a failure too.
    runner.OnErrorMessage = error => results.Add(
        new TestResult($"({error.MesssageType})", TestOutcome.Failed, 0, $"{error.ExceptionType}: {error.ExceptionMessage}", error.ExceptionStackTrace));
    runner.OnExecutionComplete = _ => over.Set();
    try
    {
        runner.Start(AssemblyRunnerStartOptions.Empty);
        over.Wait();
        while (runner.Status != AssemblyRunnerStatus.Idle)
            Thread.Sleep(10);
    }
    catch (InvalidOperationException e)
    {
        broken = e.Message;
    }
}

if (broken is not null)
{
    Console.Error.WriteLine($"runner: {args[0]} was not run: {broken}");
    return 2;
}

results.Write(args[1]);
Console.WriteLine(results.Summary);
return results.Failed == 0 ? 0 : 1;
