%% spawn-exit: each process spawns the next and ends. spawn-exit-linked: a thousand at a time, linked and monitored.
-module(chain).
-export([spawn_exit/1, spawn_exit_linked/1, link/2, child/0]).

spawn_exit(N) ->
    Main = self(),
    bench:timed(fun() ->
        spawn(?MODULE, link, [N - 1, Main]),
        receive done -> ok end
    end).

link(0, Main) ->
    Main ! done;
link(N, Main) ->
    spawn(?MODULE, link, [N - 1, Main]).

spawn_exit_linked(N) ->
    bench:timed(fun() -> batches(N) end).

batches(0) ->
    ok;
batches(Left) ->
    Batch = min(Left, 1000),
    start(Batch),
    gone(Batch),
    batches(Left - Batch).

start(0) ->
    ok;
start(N) ->
    spawn_opt(?MODULE, child, [], [link, monitor]),
    start(N - 1).

child() ->
    ok.

gone(0) ->
    ok;
gone(N) ->
    receive {'DOWN', _, process, _, normal} -> gone(N - 1) end.
