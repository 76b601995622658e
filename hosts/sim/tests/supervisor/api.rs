//! Calls to the table (semantics 12.7).
use crate::kit::tour;
use expect_test::expect;

/// S17 child_adm
#[test]
fn every_call_on_running_stopped_and_unknown_children() {
    tour(
        "child a permanent 1000
         boot
         start a permanent 1000
         restart a
         delete a
         spec a
         list
         terminate a
         terminate a
         start a permanent 1000
         spec a
         list
         count
         restart a
         terminate a
         delete a
         delete a
         restart a
         terminate a
         spec a
         list
         count
         start a permanent 1000
         count",
        expect![[r#"
            boot                                 top ok
            start a permanent 1000               already_started
            restart a                            running
            delete a                             running
            spec a                               worker permanent ms(1000) worker, 3 bytes of arguments
            list                                 a
            terminate a                          ok
            terminate a                          ok
            start a permanent 1000               already_present
            spec a                               worker permanent ms(1000) worker, 3 bytes of arguments
            list                                 a (stopped)
            count                                [1,0,0,1]
            restart a                            started
            terminate a                          ok
            delete a                             ok
            delete a                             not_found
            restart a                            not_found
            terminate a                          not_found
            spec a                               not_found
            list
            count                                [0,0,0,0]
            start a permanent 1000               started
            count                                [1,1,0,1]
        "#]],
    );
}

/// S10 sup_start_map, as far as specs have the same fields; S61: a temporary child's arguments are forgotten as soon as it runs.
#[test]
fn a_spec_is_told_with_its_defaults() {
    tour(
        "child a permanent 5000
         child b temporary brutal
         supervisor c transient 1 5000
         boot
         spec a
         spec b
         spec c
         spec d
         count",
        expect![[r#"
            boot                                 top ok
            spec a                               worker permanent ms(5000) worker, 3 bytes of arguments
            spec b                               worker temporary brutalkill worker, 0 bytes of arguments
            spec c                               supervisor transient infinity supervisor, 8 bytes of arguments
            spec d                               not_found
            count                                [3,3,1,2]
        "#]],
    );
}

#[test]
fn terminating_a_temporary_child_forgets_it() {
    tour(
        "child a temporary 1000
         boot
         terminate a
         list
         count
         terminate a",
        expect![[r#"
            boot                                 top ok
            terminate a                          ok
            list
            count                                [0,0,0,0]
            terminate a                          not_found
        "#]],
    );
}

#[test]
fn the_list_is_newest_first() {
    tour(
        "child a permanent 1000
         child b transient 1000
         boot
         start c permanent 1000
         tell b stop
         list",
        expect![[r#"
            boot                                 top ok
            start c permanent 1000               started
            tell b stop
            list                                 c, b (stopped), a
        "#]],
    );
}

#[test]
fn calls_wait_their_turn_while_a_child_takes_its_time() {
    tour(
        "child a permanent 1000 slow 700
         child b permanent 1000
         boot
         terminate a
         restart a
         tell b die
         count
         advance 699
         advance 1
         count",
        expect![[r#"
            boot                                 top ok
            terminate a
            restart a
            tell b die
            count
            advance 699
            advance 1                            ok; started; [2,2,0,2]
            count                                [2,2,0,2]
        "#]],
    );
}

#[test]
fn a_child_that_ended_without_a_word_is_not_active() {
    tour(
        "child a permanent 1000 unlinked
         child b permanent 1000
         boot
         count
         tell a stop
         list
         count",
        expect![[r#"
            boot                                 top ok
            count                                [2,2,0,2]
            tell a stop
            list                                 b, a
            count                                [2,1,0,2]
        "#]],
    );
}
