%% A gen_server that crashes when told to, and holds 200 bytes of state when it has nobody to tell that it runs.
-module(frail).
-behaviour(gen_server).
-export([start_link/1, init/1, handle_call/3, handle_cast/2]).

start_link(Main) ->
    gen_server:start_link(?MODULE, Main, []).

init(none) ->
    {ok, list_to_tuple(lists:duplicate(24, 7))};
init(Main) ->
    Main ! {up, self()},
    {ok, Main}.

handle_call(ping, _, State) ->
    {reply, pong, State}.

handle_cast(crash, _) ->
    error(told).
