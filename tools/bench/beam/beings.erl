%% spawn-million, one-to-all, bytes-idle: many processes that wait.
-module(beings).
-export([spawn_all/1, one_to_all/1, bytes/2, wait/1, rest/1]).

spawn_all(N) ->
    Took = bench:timed(fun() -> put(kept, all(N, wait, {1, 2, 3})) end),
    bury(erase(kept)),
    Took.

one_to_all(N) ->
    Kept = all(N, wait, {1, 2, 3}),
    Took = bench:timed(fun() ->
        [Pid ! 1 || Pid <- Kept],
        bench:calm()
    end),
    bury(Kept),
    Took.

%% Each with 200 bytes of state: 25 words. By the count of the runtime, and by what the system gave it.
bytes(N, How) ->
    State = list_to_tuple(lists:duplicate(24, 7)),
    Before = bench:memory(),
    Kept = all(N, How, State),
    Resident = (bench:memory() - Before) / N,
    Counted = lists:sum([element(2, process_info(Pid, memory)) || Pid <- Kept]) / N,
    bury(Kept),
    max(Resident, Counted).

all(N, How, State) ->
    Kept = [spawn(?MODULE, How, [State]) || _ <- lists:seq(1, N)],
    bench:calm(),
    Kept.

wait(State) ->
    receive
        N when is_integer(N) -> wait(setelement(1, State, N));
        stop -> ok
    end.

rest(State) ->
    erlang:hibernate(?MODULE, wait, [State]).

bury(Kept) ->
    [Pid ! stop || Pid <- Kept],
    bench:calm().
