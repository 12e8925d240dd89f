//! What random histories consist of: wishes that name holds and bookings by where they are in the
//! model, so that most of them mean something.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::strategy::BoxedStrategy;
use seating::command::SaleTermsChange;
use seating::sale_terms::{GapRule, SaleStatus, SaleTerms};
use seating::timestamp::Timestamp;
use testkit::commands::staff;

/// One step of a history: the clock moves, then somebody asks for something.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// By how much the clock on the wall moves; clocks do run backwards.
    pub(crate) seconds: i32,
    /// How much time really passes.
    pub(crate) passed_seconds: u32,
    pub(crate) stamp: Stamp,
    pub(crate) action: Action,
}

/// Under which idempotency key.
#[derive(Clone, Debug)]
pub(crate) enum Stamp {
    None,
    Fresh,
    /// An earlier stamped request is sent again, whatever the action.
    Again(u8),
    /// The key of an earlier request is used for this one.
    Reused(u8),
}

#[derive(Clone, Debug)]
pub(crate) enum Action {
    Hold(Wish),
    Extend(Pick, Who, u32),
    Release(Pick, Who),
    BeginPayment(Pick, Who, NewId, u32),
    /// Of a pinned hold under its own booking unless `NewId` says otherwise.
    Confirm(Pick, Who, Option<NewId>),
    SettlePayment(Pick),
    ExpireDue,
    Cancel(Pick, Who, Option<Vec<u8>>),
    Block(Vec<u8>, Option<(u8, u32)>),
    Unblock(Vec<u8>, Option<(u8, u32)>),
    /// Gives back something that is blocked.
    UnblockSome(u8),
    Reconfigure(SaleTermsChange),
}

#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) id: NewId,
    pub(crate) who: Who,
    pub(crate) what: What,
    pub(crate) ttl_seconds: Option<u32>,
    /// In exchange for a hold, most often one of the same buyer.
    pub(crate) replace: Option<Pick>,
    pub(crate) include_blocked: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    /// Seats side by side.
    Run(u8, u8),
    /// Seats anywhere, even twice, even none.
    Scattered(Vec<u8>),
    Areas(Vec<(u8, u32)>),
    Both(u8, u8, (u8, u32)),
    /// Quantity, sections, tiers, and whether apart will do.
    Best(u32, Vec<u8>, Vec<u8>, bool),
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Who {
    /// Whoever owns what is asked about; buyer 0 where nothing is.
    Owner,
    Buyer(u8),
    Staff(u8),
}

/// Which hold or booking is meant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pick {
    /// One whose story is not over, counted from the newest.
    Live(u8),
    Any(u8),
    Unknown,
}

/// An id for something new.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NewId {
    Fresh,
    /// One that is taken, if any is.
    Taken(u8),
}

pub(crate) fn steps() -> BoxedStrategy<Step> {
    let right = |seconds: u32| (i32::try_from(seconds).unwrap(), seconds);
    let times = prop_oneof![
        24 => (0..15_u32).prop_map(right),
        4 => (60..400_u32).prop_map(right),
        1 => (1_500..4_000_u32).prop_map(right),
        2 => (-300..0_i32, 0..15_u32),
        1 => (-4_000..4_000_i32, 0..400_u32),
    ];
    let stamp = prop_oneof![
        16 => Just(Stamp::None),
        6 => Just(Stamp::Fresh),
        1 => any::<u8>().prop_map(Stamp::Again),
        1 => any::<u8>().prop_map(Stamp::Reused),
    ];
    let step = (times, stamp, actions());
    step.prop_map(|((seconds, passed_seconds), stamp, action)| Step {
        seconds,
        passed_seconds,
        stamp,
        action,
    })
    .boxed()
}

fn actions() -> impl Strategy<Value = Action> {
    let blocked = || (vec(any::<u8>(), 0..3), option::weighted(0.3, area()));
    let tickets = option::of(vec(0..12_u8, 0..4));
    let pinned_until = prop_oneof![8 => 1..2_701_u32, 1 => Just(0), 1 => Just(2_701)];
    let seconds = prop_oneof![8 => 1..1_801_u32, 1 => Just(0), 1 => any::<u32>()];
    prop_oneof![
        20 => wishes().prop_map(Action::Hold),
        2 => (pick(), who(), seconds).prop_map(|(h, w, s)| Action::Extend(h, w, s)),
        3 => (pick(), who()).prop_map(|(h, w)| Action::Release(h, w)),
        4 => (pick(), who(), new_id(), pinned_until)
            .prop_map(|(h, w, b, s)| Action::BeginPayment(h, w, b, s)),
        5 => (pick(), seller(), option::weighted(0.2, new_id()))
            .prop_map(|(h, w, b)| Action::Confirm(h, w, b)),
        2 => pick().prop_map(Action::SettlePayment),
        1 => Just(Action::ExpireDue),
        3 => (pick(), who(), tickets).prop_map(|(b, w, t)| Action::Cancel(b, w, t)),
        2 => blocked().prop_map(|(seats, area)| Action::Block(seats, area)),
        1 => blocked().prop_map(|(seats, area)| Action::Unblock(seats, area)),
        1 => any::<u8>().prop_map(Action::UnblockSome),
        1 => changes().prop_map(Action::Reconfigure),
    ]
}

fn wishes() -> impl Strategy<Value = Wish> {
    let ttl = prop_oneof![6 => 60..1_000_u32, 1 => Just(3_600), 1 => any::<u32>()];
    let wish = (
        new_id(),
        who(),
        what(),
        option::weighted(0.3, ttl),
        option::weighted(0.25, pick()),
        proptest::bool::weighted(0.25),
    );
    wish.prop_map(
        |(id, who, what, ttl_seconds, replace, include_blocked)| Wish {
            id,
            who,
            what,
            ttl_seconds,
            replace,
            include_blocked,
        },
    )
}

fn what() -> impl Strategy<Value = What> {
    let quantity = prop_oneof![24 => 1..7_u32, 4 => 7..12_u32, 1 => Just(0), 1 => any::<u32>()];
    let filter = || prop_oneof![4 => Just(Vec::new()), 1 => vec(0..3_u8, 1..3)];
    prop_oneof![
        8 => (any::<u8>(), 1..5_u8).prop_map(|(at, n)| What::Run(at, n)),
        2 => vec(any::<u8>(), 1..4).prop_map(What::Scattered),
        1 => vec(any::<u8>(), 0..12).prop_map(What::Scattered),
        3 => vec(area(), 1..3).prop_map(What::Areas),
        1 => (any::<u8>(), 1..4_u8, area()).prop_map(|(at, n, area)| What::Both(at, n, area)),
        6 => (quantity, filter(), filter(), any::<bool>())
            .prop_map(|(q, s, t, apart)| What::Best(q, s, t, apart)),
    ]
}

fn area() -> impl Strategy<Value = (u8, u32)> {
    let quantity = prop_oneof![24 => 1..6_u32, 4 => 6..12_u32, 1 => Just(0), 1 => any::<u32>()];
    (any::<u8>(), quantity)
}

fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![
        16 => any::<u8>().prop_map(Pick::Live),
        3 => any::<u8>().prop_map(Pick::Any),
        1 => Just(Pick::Unknown),
    ]
}

fn new_id() -> impl Strategy<Value = NewId> {
    prop_oneof![30 => Just(NewId::Fresh), 1 => any::<u8>().prop_map(NewId::Taken)]
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![
        8 => Just(Who::Owner),
        3 => (0..4_u8).prop_map(Who::Buyer),
        2 => (0..4_u8).prop_map(Who::Staff),
    ]
}

/// What costs money is sold at the box office.
fn seller() -> impl Strategy<Value = Who> {
    prop_oneof![2 => Just(Who::Owner), 1 => (0..4_u8).prop_map(Who::Buyer), 5 => Just(Who::Staff(9))]
}

fn changes() -> impl Strategy<Value = SaleTermsChange> {
    let point = || {
        option::weighted(
            0.3,
            option::of((0..8_000_i64).prop_map(Timestamp::from_unix_seconds)),
        )
    };
    let status = prop_oneof![
        1 => Just(SaleStatus::Draft),
        5 => Just(SaleStatus::Open),
        3 => Just(SaleStatus::Paused),
        1 => Just(SaleStatus::Cancelled),
    ];
    let cap = prop_oneof![6 => 1..15_u32, 1 => Just(0), 1 => Just(1_001)];
    let ttl = prop_oneof![6 => 60..900_u32, 1 => Just(59), 1 => Just(3_601)];
    let longest = prop_oneof![6 => 60..3_600_u32, 1 => Just(59), 1 => Just(3_601)];
    let change = (
        any::<bool>(),
        (point(), point()),
        option::weighted(0.3, cap),
        (option::weighted(0.2, ttl), option::weighted(0.2, longest)),
        option::weighted(0.4, gap_rules()),
        option::weighted(0.2, status),
    );
    change.prop_map(
        |(named, (on_sale_from, on_sale_until), max_per_buyer, ttl, gap_rule, status)| {
            let (hold_ttl_seconds, hold_ttl_max_seconds) = ttl;
            SaleTermsChange {
                by: named.then(|| staff(8).buyer),
                on_sale_from,
                on_sale_until,
                max_per_buyer,
                hold_ttl_seconds,
                hold_ttl_max_seconds,
                gap_rule,
                status,
            }
        },
    )
}

fn gap_rules() -> impl Strategy<Value = GapRule> {
    prop_oneof![
        Just(GapRule::Off),
        Just(GapRule::Lenient),
        Just(GapRule::Strict)
    ]
}

/// The terms under which a history begins.
pub(crate) fn terms() -> impl Strategy<Value = SaleTerms> {
    let cap = prop_oneof![1 => 4..12_u32, 2 => Just(1_000)];
    let longest = prop_oneof![2 => Just(1_800_u32), 1 => 600..3_601_u32];
    let status = prop_oneof![8 => Just(SaleStatus::Open), 1 => Just(SaleStatus::Draft)];
    let terms = (gap_rules(), cap, longest, status);
    terms.prop_map(
        |(gap_rule, max_per_buyer, hold_ttl_max_seconds, status)| SaleTerms {
            gap_rule,
            max_per_buyer,
            hold_ttl_max_seconds,
            status,
            ..SaleTerms::default()
        },
    )
}
