%% Plays programs of supervision on real supervisors and tells what happened. A program a line on stdin, `ID line;line;..`;
%% its story on stdout, every line of it beginning with the ID, the last one `ID end`. Needs one scheduler (`erl +S 1`): then
%% what the book hears is in the order in which it happened. The words are those of text.rs; OTP 25 or newer.
-module(otp).
-export([main/0, init/1, start/3, start/4, worker/5]).

-define(SLOW_MS, 120).
-define(LATE_MS, 90).
%% Longer than any program that is not stuck.
-define(PATIENCE_MS, 15000).

main() ->
    process_flag(trap_exit, true),
    read(0).

%% Ends when the input has and the last program is done.
read(Playing) ->
    Self = self(),
    spawn_link(fun() -> Self ! {line, io:get_line(standard_io, "")} end),
    wait(Playing).

wait(Playing) ->
    receive
        {line, Line} when is_list(Line) ->
            [Id | Rest] = string:split(string:trim(Line), " "),
            spawn_link(fun() -> guard(Id, string:lexemes(lists:append(Rest), ";")), exit(played) end),
            read(Playing + 1);
        {line, _End} ->
            drain(Playing);
        {'EXIT', _, normal} ->
            wait(Playing);
        {'EXIT', _, played} ->
            wait(Playing - 1);
        {'EXIT', _, Why} ->
            io:format(standard_error, "otp.erl: ~p~n", [Why]),
            halt(1)
    end.

drain(0) -> init:stop();
drain(Playing) ->
    receive
        {'EXIT', _, played} -> drain(Playing - 1);
        {'EXIT', _, normal} -> drain(Playing)
    end.

%% A program that never ends is told as stuck, and left.
guard(Id, Lines) ->
    {Player, Watch} = spawn_monitor(fun() -> play(Id, Lines) end),
    receive
        {'DOWN', Watch, _, _, normal} -> ok;
        {'DOWN', Watch, _, _, Why} -> exit({Id, Why})
    after ?PATIENCE_MS ->
        demonitor(Watch, [flush]),
        exit(Player, kill),
        io:put_chars(standard_io, [Id, " step\n", Id, " stuck\n", Id, " end\n"])
    end.

%% One program. This process is the parent of the top supervisor; strangers' signals come from the book.

play(Id, Lines) ->
    process_flag(trap_exit, true),
    {Steps, Nodes} = lists:partition(fun(Line) -> hd(Line) =:= $> end, Lines),
    Me = self(),
    Book = spawn_link(fun() -> book(Me, [node_of(string:lexemes(Line, " ")) || Line <- Nodes]) end),
    Begun = erlang:monotonic_time(millisecond),
    Story = [step(Book, Begun, string:lexemes(Step, " ")) || Step <- ["> up" | Steps]],
    Told = [[Id, " ", Line, "\n"] || Line <- lists:append(Story) ++ ["end"]],
    io:put_chars(standard_io, Told),
    ask(Book, finish).

step(Book, Begun, [Mark | Words]) ->
    Result = do(Book, Words),
    Told = ask(Book, {told, Result}),
    {More, State} = case Mark of
        ">&" -> {[], []};
        ">" -> S = settle(Book, none), {ask(Book, take), [told(Book, Sup) || Sup <- S]}
    end,
    At = integer_to_list(erlang:monotonic_time(millisecond) - Begun),
    ["step"] ++ Told ++ More ++ State ++ ["at " ++ At].

%% Quiet: every supervisor answers twice with the same, nothing is being restarted, nobody outlives a dead parent.
settle(Book, Last) ->
    {Seen, Orphans, Sups} = ask(Book, look),
    Now = {Seen, [{Name, catch supervisor:which_children(Pid), catch supervisor:count_children(Pid)} || {Name, Pid} <- Sups]},
    Busy = Orphans > 0 orelse lists:any(fun({_, List, Count}) -> not is_list(List) orelse not is_list(Count)
        orelse lists:keymember(restarting, 2, List) end, element(2, Now)),
    if
        Now =:= Last, not Busy -> element(2, Now);
        true ->
            [timer:sleep(1) || Last =/= none],
            settle(Book, Now)
    end.

told(Book, {Name, List, Count}) ->
    Counts = [[" ", integer_to_list(proplists:get_value(Key, Count))] || Key <- [specs, active, supervisors, workers]],
    Rows = [[" ", atom(Id), ":", state(Book, State), ":", atom(Type)] || {Id, State, Type, _} <- List],
    lists:flatten(["sup ", Name, Counts, Rows]).

state(_, State) when is_atom(State) -> atom(State);
state(Book, Pid) -> ask(Book, {name, Pid}).

do(Book, ["up"]) ->
    case ask(Book, {alive, "t"}) of
        none ->
            case start(Book, "t", "t") of
                {ok, _} -> "ok";
                ignore -> "ignore";
                {error, Why} -> receive {'EXIT', _, _} -> ok after 0 -> ok end, "error start " ++ reason(Why)
            end;
        _ -> "already"
    end;
do(Book, ["end", Path, Why]) -> on(Book, Path, fun(Pid) -> gone(Pid, fun() -> Pid ! {finish, Why} end) end);
do(Book, ["kill", Path]) -> on(Book, Path, fun(Pid) -> gone(Pid, fun() -> exit(Pid, kill) end) end);
do(Book, ["exit", Path, Why]) -> on(Book, Path, fun(Pid) -> ask(Book, {exit, Pid, term(Why)}), "done" end);
do(Book, ["shut"]) -> on(Book, "t", fun(Pid) -> gone(Pid, fun() -> exit(Pid, shutdown) end) end);
do(_, ["advance", Ms]) -> timer:sleep(list_to_integer(Ms)), "done";
do(Book, ["start", Key]) ->
    Spec = ask(Book, {spec, Key}),
    api(Book, parent(Key), fun(Sup) -> supervisor:start_child(Sup, Spec) end);
do(Book, ["new", Path, N]) -> api(Book, Path, fun(Sup) -> supervisor:start_child(Sup, [N]) end);
do(Book, ["restart", Path]) -> api(Book, parent(Path), fun(Sup) -> supervisor:restart_child(Sup, id(Path)) end);
do(Book, ["terminate", Path]) -> api(Book, parent(Path), fun(Sup) -> supervisor:terminate_child(Sup, id(Path)) end);
do(Book, ["delete", Path]) -> api(Book, parent(Path), fun(Sup) -> supervisor:delete_child(Sup, id(Path)) end);
do(Book, ["spec", Path]) -> api(Book, parent(Path), fun(Sup) -> supervisor:get_childspec(Sup, id(Path)) end);
do(Book, [Call, Path, [$@ | Of]]) ->
    case ask(Book, {last, Of}) of
        none -> "absent";
        Ref when Call =:= "terminate" -> api(Book, Path, fun(Sup) -> supervisor:terminate_child(Sup, Ref) end);
        Ref when Call =:= "spec" -> api(Book, Path, fun(Sup) -> supervisor:get_childspec(Sup, Ref) end)
    end;
do(Book, ["upgrade", Path | New]) ->
    api(Book, Path, fun(Sup) ->
        ask(Book, {upgrade, Path, New}),
        ok = sys:suspend(Sup),
        Answer = sys:change_code(Sup, ?MODULE, 1, none),
        ok = sys:resume(Sup),
        case Answer of
            {error, {error, Why}} -> {error, Why};
            _ -> Answer
        end
    end).

on(Book, Path, What) ->
    case ask(Book, {alive, Path}) of
        none -> "absent";
        Pid -> What(Pid)
    end.

%% Its signals to others are sent when its own end is heard of.
gone(Pid, Why) ->
    Watch = monitor(process, Pid),
    Why(),
    receive {'DOWN', Watch, _, _, _} -> "done" end.

api(Book, Path, What) ->
    on(Book, Path, fun(Sup) ->
        try answer(Book, What(Sup))
        catch exit:{noproc, _} -> "noproc"; exit:{Why, {_, _, _}} -> "gone " ++ reason(Why)
        end
    end).

answer(_, ok) -> "ok";
answer(_, {ok, undefined}) -> "ok undefined";
answer(Book, {ok, Pid}) when is_pid(Pid) -> "ok " ++ ask(Book, {name, Pid});
answer(Book, {ok, Pid, Info}) -> "ok " ++ ask(Book, {name, Pid}) ++ " " ++ atom(Info);
answer(_, {ok, #{id := Id, restart := Restart, shutdown := Shutdown, type := Type, significant := Significant}}) ->
    Time = case Shutdown of Ms when is_integer(Ms) -> integer_to_list(Ms); Word -> atom(Word) end,
    lists:join($\s, ["spec", atom(Id), atom(Restart), Time, atom(Type), case Significant of true -> "!"; false -> "-" end]);
answer(Book, {error, {already_started, Pid}}) -> "error already_started " ++ ask(Book, {name, Pid});
answer(_, {error, {Why, Child}}) when is_tuple(Child), element(1, Child) =:= child -> "error start " ++ reason(Why);
answer(_, {error, {Bad, _}}) when Bad =:= bad_combination; Bad =:= duplicate_child_name; Bad =:= invalid_period ->
    "error " ++ atom(Bad);
answer(_, {error, {bad_start_spec, _}}) -> "error bad_start_spec";
answer(_, {error, Word}) when Word =:= running; Word =:= restarting; Word =:= not_found; Word =:= simple_one_for_one;
    Word =:= already_present -> "error " ++ atom(Word);
answer(_, {error, Why}) -> "error start " ++ reason(Why).

%% What supervisors call.

start(Book, Path, Key) ->
    case ask(Book, {kind, Key}) of
        worker -> proc_lib:start_link(?MODULE, worker, [Book, self(), Path, Key, none]);
        supervisor -> supervisor:start_link(?MODULE, {Book, self(), Path, Key})
    end.

start(Book, Above, Key, N) -> start(Book, Above ++ "." ++ N, Key).

init({Book, Parent, Path, Key}) ->
    case ask(Book, {supervise, self(), Parent, Path, Key}) of
        {ok, Flags, Specs} -> {ok, {Flags, Specs}};
        ignore -> ignore;
        crash -> error(boom)
    end.

worker(Book, Parent, Path, Key, _) ->
    {Outcome, Stop} = ask(Book, {born, self(), Parent, Path, Key}),
    process_flag(trap_exit, Stop =/= "soft" andalso Stop =/= "unlinked"),
    [timer:sleep(?LATE_MS) || lists:prefix("late_", Outcome)],
    case Outcome of
        "crash" -> error(boom);
        "ignore" -> proc_lib:init_ack(ignore);
        "value" -> proc_lib:init_ack(value);
        Bad when Bad =:= "error"; Bad =:= "late_error" -> proc_lib:init_ack({error, bad});
        Ok ->
            %% Why watch then: it must not outlive its supervisor.
            [begin unlink(Parent), monitor(process, Parent) end || Stop =:= "unlinked"],
            proc_lib:init_ack(case Ok of "info" -> {ok, self(), info}; _ -> {ok, self()} end),
            work(Parent, Stop)
    end.

work(Parent, Stop) ->
    receive
        {finish, "crash"} -> error(boom);
        {finish, Why} -> exit(term(Why));
        {'EXIT', Parent, shutdown} when Stop =:= "deaf" -> work(Parent, Stop);
        {'EXIT', Parent, shutdown} when Stop =:= "slow" -> timer:sleep(?SLOW_MS), exit(shutdown);
        {'EXIT', Parent, shutdown} when Stop =:= "odd" -> exit(odd);
        {'EXIT', Parent, shutdown} when Stop =:= "calm" -> exit(normal);
        {'EXIT', Parent, Why} -> exit(Why);
        {'EXIT', _, _} -> work(Parent, Stop);
        {'DOWN', _, _, _, _} -> exit(orphaned)
    end.

%% The book: who was born to whom, how each life began and ended, in order.

book(Player, Nodes) ->
    book(#{
        nodes => maps:from_list([{Key, Node} || #{key := Key} = Node <- Nodes]),
        first => [Key || #{key := Key, dormant := false} <- Nodes],
        lives => #{}, names => #{Player => {"-", 0}}, last => #{}, parents => #{}, sups => [], log => [], seen => 0, upgrade => none
    }).

book(Book) ->
    receive
        {Ref, From, finish} -> From ! {Ref, ok};
        {Ref, From, Question} ->
            {Answer, Next} = entry(Question, Book),
            From ! {Ref, Answer},
            book(Next);
        {'DOWN', _, _, Pid, Why} ->
            #{names := Names, parents := Parents, sups := Sups} = Book,
            {Path, N} = maps:get(Pid, Names),
            Rest = Book#{parents := maps:remove(Pid, Parents), sups := lists:keydelete(Pid, 2, Sups)},
            book(note(lists:flatten(io_lib:format("ended ~s ~b ~s", [Path, N, reason(Why)])), Rest))
    end.

note(Line, #{log := Log, seen := Seen} = Book) -> Book#{log := [Line | Log], seen := Seen + 1}.

entry({told, Result}, Book) -> entry(take, note("result " ++ lists:flatten(Result), Book));
entry(take, #{log := Log} = Book) -> {lists:reverse(Log), Book#{log := []}};
entry(look, #{seen := Seen, parents := Parents, sups := Sups, names := Names} = Book) ->
    Dead = fun(Parent) -> maps:get(Parent, Names) =/= {"-", 0} andalso not maps:is_key(Parent, Parents) end,
    {{Seen, length([P || P <- maps:values(Parents), Dead(P)]), lists:sort([{called(Pid, Names), Pid} || {_, Pid} <- Sups])}, Book};
entry({name, Pid}, #{names := Names} = Book) -> {called_as(Pid, Names), Book};
entry({last, Path}, #{last := Last} = Book) -> {maps:get(Path, Last, none), Book};
entry({alive, Path}, #{last := Last, parents := Parents} = Book) ->
    Pid = maps:get(Path, Last, none),
    {case maps:is_key(Pid, Parents) of true -> Pid; false -> none end, Book};
%% The question about life comes after the signal: it is answered when the signal has been acted on.
entry({exit, Pid, Why}, Book) -> exit(Pid, Why), is_process_alive(Pid), {ok, Book};
entry({kind, Key}, #{nodes := Nodes} = Book) -> {maps:get(kind, maps:get(Key, Nodes)), Book};
entry({spec, Key}, Book) -> {spec(Key, Book), Book};
entry({upgrade, Path, New}, Book) -> {ok, Book#{upgrade := {Path, New}}};
entry({born, Pid, Parent, Path, Key}, Book) ->
    {Outcome, Next} = birth(Pid, Parent, Path, Key, Book),
    #{nodes := #{Key := #{stop := Stop}}} = Book,
    {{Outcome, Stop}, Next};
entry({supervise, Pid, Parent, Path, Key}, #{names := Names, nodes := Nodes, sups := Sups} = Book) ->
    case maps:is_key(Pid, Names) of
        true ->
            #{upgrade := {Path, New}} = Book,
            {upgraded(Path, New, Book), Book#{upgrade := none}};
        false ->
            {Outcome, Next} = birth(Pid, Parent, Path, Key, Book),
            #{flags := Flags} = maps:get(Key, Nodes),
            case Outcome of
                "ok" -> {{ok, Flags, [spec(Child, Book) || Child <- children(Path, Book)]}, Next#{sups := [{Path, Pid} | Sups]}};
                "ignore" -> {ignore, Next};
                "crash" -> {crash, Next}
            end
    end.

upgraded(_, ["ignore"], _) -> ignore;
upgraded(Path, [Strategy, Intensity, Period, Auto, Ids], Book) ->
    Keys = [Path ++ "." ++ Id || Id <- string:lexemes(Ids, ","), Id =/= "-"],
    {ok, flags(Strategy, Intensity, Period, Auto), [spec(Key, Book) || Key <- Keys]}.

birth(Pid, Parent, Path, Key, #{nodes := Nodes, lives := Lives, names := Names, last := Last, parents := Parents} = Book) ->
    monitor(process, Pid),
    N = maps:get(Path, Lives, 0) + 1,
    #{outcomes := Outcomes} = maps:get(Key, Nodes),
    Outcome = lists:nth(min(N, length(Outcomes)), Outcomes),
    {ParentPath, M} = maps:get(Parent, Names),
    Line = lists:flatten(io_lib:format("born ~s ~b ~s ~b ~s", [Path, N, ParentPath, M, Outcome])),
    {Outcome, note(Line, Book#{
        lives := Lives#{Path => N}, names := Names#{Pid => {Path, N}}, last := Last#{Path => Pid}, parents := Parents#{Pid => Parent}
    })}.

children(Path, #{first := First}) -> [Key || Key <- First, Key =/= "t", parent(Key) =:= Path].

called(Pid, Names) -> {Path, N} = maps:get(Pid, Names), Path ++ " " ++ integer_to_list(N).

called_as(Pid, Names) -> {Path, N} = maps:get(Pid, Names), Path ++ "#" ++ integer_to_list(N).

spec(Key, #{nodes := Nodes}) ->
    #{path := Path, restart := Restart, shutdown := Shutdown, type := Type, significant := Significant} = maps:get(Key, Nodes),
    #{flags := #{strategy := Strategy}} = maps:get(parent(Path), Nodes),
    Place = case Strategy of simple_one_for_one -> parent(Path); _ -> Path end,
    #{id => id(Path), start => {?MODULE, start, [self(), Place, Key]}, restart => Restart, shutdown => Shutdown, type => Type,
      significant => Significant}.

%% Words.

node_of([[$+ | Key] | Words]) -> (node_of([Key | Words]))#{dormant := true};
node_of([Key, Restart, Shutdown, Type, Significant | Body]) ->
    Common = #{key => Key, path => hd(string:split(Key, "/")), restart => list_to_atom(Restart), shutdown => shutdown(Shutdown),
        type => list_to_atom(Type), significant => Significant =:= "!", dormant => false},
    case Body of
        [Stop, Outcomes] -> Common#{kind => worker, stop => Stop, outcomes => string:lexemes(Outcomes, ",")};
        [Strategy, Intensity, Period, Auto, Outcomes] ->
            Common#{kind => supervisor, flags => flags(Strategy, Intensity, Period, Auto), outcomes => string:lexemes(Outcomes, ",")}
    end.

flags(Strategy, Intensity, Period, Auto) ->
    #{strategy => list_to_atom(Strategy), intensity => list_to_integer(Intensity), period => list_to_integer(Period),
      auto_shutdown => list_to_atom(Auto)}.

shutdown(Word) -> try list_to_integer(Word) catch error:badarg -> list_to_atom(Word) end.

parent(Path) -> lists:flatten(lists:join(".", lists:droplast(string:lexemes(hd(string:split(Path, "/")), ".")))).

id(Path) -> list_to_atom(lists:last(string:lexemes(Path, "."))).

term("shutdown(x)") -> {shutdown, x};
term(Word) -> list_to_atom(Word).

atom(Atom) -> atom_to_list(Atom).

%% Of a crash only the class and what was raised: the rest is the engine's own.
reason({shutdown, {failed_to_start_child, Id, Why}}) ->
    Inner = case Why of {Bad, _} when Bad =:= start_spec; Bad =:= supervisor_data; Bad =:= bad_start_spec -> "crashed"; _ -> reason(Why) end,
    lists:flatten(["shutdown(failed_to_start_child(", atom(Id), ", ", Inner, "))"]);
reason({shutdown, Why}) -> "shutdown(" ++ reason(Why) ++ ")";
reason({'EXIT', Why}) -> reason(Why);
reason({boom, Trace}) when is_list(Trace) -> "crashed";
reason({bad_start_spec, _}) -> "start_spec(bad_start_spec)";
reason({start_spec, Why}) -> "start_spec(" ++ reason(Why) ++ ")";
reason({supervisor_data, Why}) -> "supervisor_data(" ++ reason(Why) ++ ")";
reason({bad_combination, _}) -> "bad_combination";
reason({duplicate_child_name, _}) -> "duplicate_child_name";
reason({invalid_period, _}) -> "invalid_period";
reason(Word) when is_atom(Word) -> atom(Word);
reason(Other) -> lists:flatten(io_lib:format("~w", [Other])).

ask(Book, Question) ->
    Ref = make_ref(),
    Book ! {Ref, self(), Question},
    receive {Ref, Answer} -> Answer end.
