%% hogs-p99: 100 hogs that work for 50 us and message themselves; what a request waits, from when it was due.
-module(hogs).
-export([p99/2, hog/1, service/1]).

-define(HOGS, 100).

%% Microseconds at the 99th percentile of N requests. The service runs at this priority.
p99(N, Priority) ->
    Turns = calibrate(),
    Service = spawn_opt(?MODULE, service, [self()], [link, {priority, Priority}]),
    Hogs = [spawn_link(?MODULE, hog, [Turns]) || _ <- lists:seq(1, ?HOGS)],
    [Hog ! work || Hog <- Hogs],
    process_flag(priority, high),
    Waits = ask(N, Service, erlang:monotonic_time(millisecond) + 20, []),
    [begin unlink(Hog), exit(Hog, kill) end || Hog <- Hogs],
    lists:nth(max(1, N * 99 div 100), lists:sort(Waits)).

%% A timer of the runtime sends each request at its time, 1 to 3 ms after the one before.
ask(0, _, _, Waits) ->
    Waits;
ask(N, Service, Due, Waits) ->
    erlang:send_after(Due, Service, {request, Due}, [{abs, true}]),
    Wait = receive {handled, At} -> (At - Due * 1000000) / 1000 end,
    ask(N - 1, Service, max(Due, erlang:monotonic_time(millisecond)) + rand:uniform(3), [Wait | Waits]).

service(Main) ->
    receive {request, _} -> Main ! {handled, erlang:monotonic_time(nanosecond)} end,
    service(Main).

hog(Turns) ->
    receive work -> ok end,
    spin(Turns),
    self() ! work,
    hog(Turns).

spin(0) ->
    ok;
spin(N) ->
    spin(N - 1).

%% How many turns of the empty loop take 50 us.
calibrate() ->
    spin(1000000),
    round(1000000 * 50000 / bench:timed(fun() -> spin(1000000) end)).
