%% ring, ring-dense and ping-pong: tokens that hold a hop count go round.
-module(rings).
-export([ping_pong/1, ring/2, hop/2]).

ping_pong(N) ->
    play(2, 1, N * 2).

ring(Hops, Tokens) ->
    play(1000, Tokens, Hops).

play(Actors, Tokens, Hops) ->
    Main = self(),
    First = spawn_link(?MODULE, hop, [none, Main]),
    Last = lists:foldl(fun(_, Next) -> spawn_link(?MODULE, hop, [Next, Main]) end, First, lists:seq(2, Actors)),
    First ! {next, Last},
    bench:calm(),
    Each = Hops div Tokens - 1,
    Took = bench:timed(fun() ->
        inject(First, Each, Tokens),
        home(Tokens)
    end),
    unlink(First),
    exit(First, shutdown),
    Took.

inject(_, _, 0) ->
    ok;
inject(First, Each, Tokens) ->
    First ! Each,
    inject(First, Each, Tokens - 1).

home(0) ->
    ok;
home(Tokens) ->
    receive home -> home(Tokens - 1) end.

hop(Next, Main) ->
    receive
        0 ->
            Main ! home,
            hop(Next, Main);
        N when is_integer(N) ->
            Next ! N - 1,
            hop(Next, Main);
        {next, Pid} ->
            hop(Pid, Main)
    end.
