%% fan-in: a hundred senders to one counter, which gives a sender a credit after each 500 messages.
-module(fan).
-export([fan_in/1, counter/3, sender/3]).

-define(SENDERS, 100).
-define(CREDIT, 500).

fan_in(N) ->
    Main = self(),
    Counter = spawn_link(?MODULE, counter, [Main, N, 0]),
    Senders = [spawn_link(?MODULE, sender, [Main, Counter, N div ?SENDERS]) || _ <- lists:seq(1, ?SENDERS)],
    bench:calm(),
    Took = bench:timed(fun() ->
        [Sender ! credit || Sender <- Senders],
        receive {handled, N} -> ok end
    end),
    N = lists:sum([receive {sent, Sender, Sent} -> Sent end || Sender <- Senders]),
    Took.

counter(Main, N, N) ->
    Main ! {handled, N};
counter(Main, N, Handled) ->
    receive
        {Sender, _} ->
            Sender ! credit,
            counter(Main, N, Handled + 1);
        Left when is_integer(Left) ->
            counter(Main, N, Handled + 1)
    end.

sender(Main, Counter, All) ->
    sender(Main, Counter, All, All).

sender(Main, _, All, 0) ->
    Main ! {sent, self(), All};
sender(Main, Counter, All, Left) ->
    receive credit -> ok end,
    sender(Main, Counter, All, burst(Counter, min(?CREDIT, Left), Left)).

%% The last of a burst asks for the next credit.
burst(Counter, 1, Left) ->
    Counter ! {self(), Left - 1},
    Left - 1;
burst(Counter, N, Left) ->
    Counter ! Left - 1,
    burst(Counter, N - 1, Left - 1).
