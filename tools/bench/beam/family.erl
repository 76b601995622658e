%% restart and bytes-idle-supervised: real supervisors over gen_servers.
-module(family).
-behaviour(supervisor).
-export([bytes/1, restart/3, init/1, log/2]).

%% Restarts under one supervisor, so that few are in its window.
-define(FEW, 100).

bytes(N) ->
    {ok, Supervisor} = supervisor:start_link(?MODULE, many),
    erlang:garbage_collect(Supervisor),
    Before = bench:memory(),
    Counted = erlang:memory(processes) + erlang:memory(ets),
    start(Supervisor, N),
    bench:calm(),
    Resident = bench:memory() - Before,
    More = erlang:memory(processes) + erlang:memory(ets) - Counted,
    stop(Supervisor),
    max(Resident, More) / N.

start(_, 0) ->
    ok;
start(Supervisor, N) ->
    {ok, _} = supervisor:start_child(Supervisor, []),
    start(Supervisor, N - 1).

%% One child told to crash, until its new incarnation answers. With 5,000 restarts in the window before, or with few. Its
%% reports are built as terms, or also told: formatted as the text that would be printed.
restart(N, few, Reports) when N =< ?FEW ->
    restart(N, 0, Reports);
restart(N, few, Reports) ->
    restart(?FEW, 0, Reports) + restart(N - ?FEW, few, Reports);
restart(N, Window, Reports) ->
    heard(Reports),
    {ok, Supervisor} = supervisor:start_link(?MODULE, {one, self()}),
    First = receive {up, Child} -> Child end,
    Next = crash(First, Window),
    Took = bench:timed(fun() -> crash(Next, N) end),
    stop(Supervisor),
    Took.

crash(Child, 0) ->
    Child;
crash(Child, N) ->
    gen_server:cast(Child, crash),
    Next = receive {up, New} -> New end,
    pong = gen_server:call(Next, ping),
    crash(Next, N - 1).

stop(Supervisor) ->
    unlink(Supervisor),
    Monitor = monitor(process, Supervisor),
    exit(Supervisor, shutdown),
    receive {'DOWN', Monitor, process, _, _} -> ok end.

%% This handler prints nothing.
heard(Reports) ->
    logger:remove_handler(default),
    logger:remove_handler(?MODULE),
    ok = logger:add_handler(?MODULE, ?MODULE, #{config => Reports}).

log(_, #{config := built}) ->
    ok;
log(Event, #{config := told}) ->
    logger_formatter:format(Event, #{}).

init(many) ->
    {ok, {#{strategy => simple_one_for_one}, [child(none)]}};
init({one, Main}) ->
    {ok, {#{strategy => one_for_one, intensity => 10000, period => 3600}, [child(Main)]}}.

child(Main) ->
    #{id => child, start => {frail, start_link, [Main]}}.
