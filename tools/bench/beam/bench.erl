%% The contestant from Erlang: reads `PROGRAM UNITS` a line, answers `ok VALUE` or `failed WHY`.
-module(bench).
-export([serve/0, timed/1, calm/0, memory/0]).

serve() ->
    case io:get_line("") of
        Line when is_list(Line) ->
            io:format("~ts~n", [answer(string:lexemes(Line, " \n"))]),
            serve();
        eof ->
            halt(0)
    end.

answer(["hello"]) ->
    ["ok OTP ", erlang:system_info(otp_release), " erts ", erlang:system_info(version), " ", atom_to_list(erlang:system_info(emu_flavor))];
answer([Program, Units]) ->
    [erlang:garbage_collect(Pid) || Pid <- processes()],
    {_, Monitor} = spawn_monitor(fun() -> exit({value, run(Program, list_to_integer(Units))}) end),
    receive
        {'DOWN', Monitor, process, _, {value, Value}} -> io_lib:format("ok ~w", [Value]);
        {'DOWN', Monitor, process, _, Why} -> io_lib:format("failed ~0p", [Why])
    end.

run("spawn-exit", N) -> chain:spawn_exit(N) / N;
run("spawn-exit-linked", N) -> chain:spawn_exit_linked(N) / N;
run("ping-pong", N) -> rings:ping_pong(N) / N;
run("ring", N) -> rings:ring(N, 1) / N;
run("ring-dense-100", N) -> rings:ring(N, 100) / N;
run("ring-dense-1000", N) -> rings:ring(N, 1000) / N;
run("fan-in", N) -> fan:fan_in(N) / N;
run("spawn-million", N) -> beings:spawn_all(N) / N;
run("one-to-all", N) -> beings:one_to_all(N) / N;
run("bytes-idle", N) -> beings:bytes(N, wait);
run("bytes-idle-hibernated", N) -> beings:bytes(N, rest);
run("bytes-idle-supervised", N) -> family:bytes(N);
run("restart", N) -> family:restart(N, few, built) / N;
run("restart-told", N) -> family:restart(N, few, told) / N;
run("restart-5000", N) -> family:restart(N, 5000, built) / N;
run("hogs-p99", N) -> hogs:p99(N, normal);
run("hogs-p99-high", N) -> hogs:p99(N, high).

%% Nanoseconds that Work takes.
timed(Work) ->
    Begun = erlang:monotonic_time(nanosecond),
    Work(),
    erlang:monotonic_time(nanosecond) - Begun.

%% Until nobody else has anything to do.
calm() ->
    case erlang:statistics(total_run_queue_lengths) of
        0 ->
            ok;
        _ ->
            erlang:yield(),
            calm()
    end.

%% Resident bytes of this program.
memory() ->
    {ok, Text} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = binary:split(Text, <<" ">>, [global]),
    binary_to_integer(Pages) * 4096.
