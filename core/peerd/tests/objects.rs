//! Objects inside an actor: one turn for all of them, and what becomes of those that nobody has any more.
use peerd::prelude::*;
use peerd_vat::DeadClass;

/// A tree whose nodes are objects.
#[derive(Serialize, Deserialize)]
struct Garden {
    root: Option<Near<Node>>,
}

#[derive(Message)]
enum GardenMessage {
    /// A node that the garden itself keeps.
    Plant(Reply<Ref<Node>>),
    Cut,
    /// How many objects there are.
    Count(Reply<u64>),
}

#[derive(Default, Serialize, Deserialize)]
struct Node {
    visits: u32,
    children: Vec<Near<Node>>,
    asked: Option<KeptReply>,
}

/// A reply that an object keeps is held as if its actor kept it.
#[derive(Serialize, Deserialize)]
struct KeptReply(Reply<u32>);

#[derive(Message)]
enum NodeMessage {
    Grow(Reply<Ref<Node>>),
    /// A child of somebody else's garden is none.
    Adopt(Ref<Node>, Reply<bool>),
    /// Each node is visited by its parent, which is visited back; the answer counts.
    Visit(Reply<u32>),
    /// Visits all, and then fails.
    VisitAndFail,
    /// Answered when it is told to.
    Hold(Reply<u32>),
    Free,
    /// Asks the other node how often it was visited.
    AskAbout(Ref<Node>, Reply<u32>),
    Told(Result<u32, Settle>),
}

impl Actor for Garden {
    const NAME: &'static str = "garden";
    const OBJECTS: &'static [Kind<Garden>] = &[Kind::of::<Node>()];
    type Args = ();
    type Message = GardenMessage;

    fn init(_: (), _: &mut Context<'_, '_, Garden>) -> Result<Garden, Crash> {
        Ok(Garden { root: None })
    }

    fn handle(&mut self, message: GardenMessage, cx: &mut Context<'_, '_, Garden>) -> Result<(), Crash> {
        match message {
            GardenMessage::Plant(reply) => {
                let root = cx.object(Node::default());
                self.root = Some(root);
                cx.reply(reply, &root.lend());
            }
            GardenMessage::Cut => self.root = None,
            GardenMessage::Count(reply) => {
                let objects = cx.kernel().map().iter().count() as u64;
                cx.reply(reply, &objects);
            }
        }
        Ok(())
    }
}

impl Object for Node {
    const NAME: &'static str = "node";
    type Home = Garden;
    type Message = NodeMessage;

    fn handle(me: Near<Node>, message: NodeMessage, cx: &mut Context<'_, '_, Garden>) -> Result<(), Crash> {
        match message {
            NodeMessage::Grow(reply) => {
                let child = cx.object(Node::default());
                cx[me].children.push(child);
                cx.reply(reply, &child.lend());
            }
            NodeMessage::Adopt(child, reply) => {
                let child = cx.near(child);
                cx[me].children.extend(child);
                cx.reply(reply, &child.is_some());
            }
            NodeMessage::Visit(reply) => {
                let visits = Node::visit(me, cx);
                cx.reply(reply, &visits);
            }
            NodeMessage::VisitAndFail => {
                Node::visit(me, cx);
                return Err(crash("told", "as it was told"));
            }
            NodeMessage::Hold(reply) => cx[me].asked = Some(KeptReply(reply)),
            NodeMessage::Free => {
                let visits = cx[me].visits;
                if let Some(KeptReply(reply)) = cx[me].asked.take() {
                    cx.reply(reply, &visits);
                }
            }
            NodeMessage::AskAbout(other, reply) => {
                cx[me].asked = Some(KeptReply(reply));
                cx.ask_for(me, other, NodeMessage::Visit, NodeMessage::Told);
            }
            NodeMessage::Told(told) => {
                if let Some(KeptReply(reply)) = cx[me].asked.take() {
                    cx.reply(reply, &told.map_or(0, |visits| visits + 100));
                }
            }
        }
        Ok(())
    }
}

impl Node {
    /// Goes down, and back up into a node that is in the middle of its own visit.
    fn visit(me: Near<Node>, cx: &mut Context<'_, '_, Garden>) -> u32 {
        cx[me].visits += 1;
        for child in cx[me].children.clone() {
            Node::visit(child, cx);
            Node::called_back(me, cx);
        }
        cx[me].visits
    }

    fn called_back(me: Near<Node>, cx: &mut Context<'_, '_, Garden>) {
        cx[me].visits += 10;
    }
}

fn garden() -> (System, Addr<GardenMessage>, Ref<Node>) {
    let mut system = System::new(vec![behaviour::<Garden>()]);
    let garden = system.spawn::<Garden>(&());
    let root = system.ask(garden, GardenMessage::Plant).expect("it plants");
    (system, garden, root)
}

#[test]
fn calls_nest_and_come_back_to_where_they_came_from_within_one_turn() {
    let (mut system, _, root) = garden();
    for _ in 0..2 {
        system.ask(root, NodeMessage::Grow).expect("it grows");
    }
    let turns = system.counters().turns;
    assert_eq!(system.ask(root, NodeMessage::Visit), Ok(21));
    // The root's own two, of the question and of the answer, are not the garden's.
    assert_eq!(system.counters().turns - turns, 3);
}

#[test]
fn a_near_of_another_actor_can_not_be_had() {
    let (mut system, _, root) = garden();
    let other = system.spawn::<Garden>(&());
    let stranger = system.ask(other, GardenMessage::Plant).expect("it plants");
    assert_eq!(system.ask(root, |reply| NodeMessage::Adopt(stranger, reply)), Ok(false));
    let own = system.ask(root, NodeMessage::Grow).expect("it grows");
    assert_eq!(system.ask(root, |reply| NodeMessage::Adopt(own, reply)), Ok(true));
}

#[test]
fn an_object_may_keep_a_reply_and_ask_others_itself() {
    let (mut system, _, root) = garden();
    let other = system.spawn::<Garden>(&());
    let stranger = system.ask(other, GardenMessage::Plant).expect("it plants");
    assert_eq!(system.ask(root, |reply| NodeMessage::AskAbout(stranger, reply)), Ok(101));
    assert_eq!(system.ask(root, |reply| NodeMessage::AskAbout(root, reply)), Ok(0), "who asks itself is told so");
}

#[test]
fn a_turn_that_fails_has_changed_no_object_and_a_ref_to_one_that_is_gone_answers_nobody() {
    let mut system = System::new(vec![behaviour::<Garden>()]);
    let house = system.supervise(&Supervisor::one_for_one());
    let garden = system.start_child::<Garden>(house, Child::new::<Garden>("garden", &())).expect("it starts");
    let root = system.ask(garden, GardenMessage::Plant).expect("it plants");
    system.send(root, &NodeMessage::VisitAndFail);
    // A volatile actor's next life has nothing of the last, and gives nobody's number to another object.
    assert_eq!(system.ask(root, NodeMessage::Visit), Err(Settle::Noproc));
    let again = system.ask(garden, GardenMessage::Plant).expect("it plants again");
    assert_ne!(again, root);
    assert_eq!(system.ask(root, NodeMessage::Visit), Err(Settle::Noproc));
    system.send(root, &NodeMessage::Free);
    assert_eq!(system.counters().dead[DeadClass::Revoked as usize], 1, "told of nobody, it is a dead letter");
}

/// Keeps refs to nodes. What the host was given would be held for ever.
#[derive(Serialize, Deserialize)]
struct Keeper {
    kept: Vec<Ref<Node>>,
}

#[derive(Message)]
enum KeeperMessage {
    Plant(Addr<GardenMessage>),
    Grow,
    Keep(Result<Ref<Node>, Settle>),
    Drop,
}

impl Actor for Keeper {
    const NAME: &'static str = "keeper";
    type Args = ();
    type Message = KeeperMessage;

    fn init(_: (), _: &mut Context<'_, '_, Keeper>) -> Result<Keeper, Crash> {
        Ok(Keeper { kept: Vec::new() })
    }

    fn handle(&mut self, message: KeeperMessage, cx: &mut Context<'_, '_, Keeper>) -> Result<(), Crash> {
        match message {
            KeeperMessage::Plant(garden) => cx.ask(garden, GardenMessage::Plant, KeeperMessage::Keep),
            KeeperMessage::Grow => cx.ask(self.kept[0], NodeMessage::Grow, KeeperMessage::Keep),
            KeeperMessage::Keep(node) => self.kept.extend(node),
            KeeperMessage::Drop => self.kept.clear(),
        }
        Ok(())
    }
}

#[test]
fn what_nobody_refers_to_is_forgotten_and_what_a_stranger_keeps_stays_with_all_that_it_keeps() {
    let mut system = System::new(vec![behaviour::<Garden>(), behaviour::<Keeper>()]);
    let (garden, keeper, other) = (system.spawn::<Garden>(&()), system.spawn::<Keeper>(&()), system.spawn::<Keeper>(&()));
    let count = |system: &mut System| system.ask(garden, GardenMessage::Count).expect("it counts");
    // A tree of which one keeper has all, and another the top.
    system.send(keeper, &KeeperMessage::Plant(garden));
    (0..30).for_each(|_| system.send(keeper, &KeeperMessage::Grow));
    assert_eq!(count(&mut system), 31);
    system.send(keeper, &KeeperMessage::Drop);
    assert_eq!(count(&mut system), 31, "the garden keeps its root, and that the rest");
    system.send(garden, &GardenMessage::Cut);
    (0..40).for_each(|_| system.send(other, &KeeperMessage::Plant(garden)));
    let left = count(&mut system);
    assert!((40..=56).contains(&left), "the tree is gone, and nothing else: {left}");
    system.send(other, &KeeperMessage::Drop);
    assert_eq!(count(&mut system), 1, "the newest is the garden's own");
}
