//! What random commands wish for: holds and bookings are named by where they are in the model, so that
//! most wishes mean something.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use seating::command::SaleTermsChange;
use seating::sale_terms::{GapRule, SaleStatus, SaleTerms};
use seating::timestamp::Timestamp;
use testkit::commands::staff;

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

pub(crate) fn wishes() -> impl Strategy<Value = Wish> {
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

pub(crate) fn area() -> impl Strategy<Value = (u8, u32)> {
    let quantity = prop_oneof![24 => 1..6_u32, 4 => 6..12_u32, 1 => Just(0), 1 => any::<u32>()];
    (any::<u8>(), quantity)
}

pub(crate) fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![
        16 => any::<u8>().prop_map(Pick::Live),
        3 => any::<u8>().prop_map(Pick::Any),
        1 => Just(Pick::Unknown),
    ]
}

pub(crate) fn new_id() -> impl Strategy<Value = NewId> {
    prop_oneof![30 => Just(NewId::Fresh), 1 => any::<u8>().prop_map(NewId::Taken)]
}

pub(crate) fn who() -> impl Strategy<Value = Who> {
    prop_oneof![
        8 => Just(Who::Owner),
        3 => (0..4_u8).prop_map(Who::Buyer),
        2 => (0..4_u8).prop_map(Who::Staff),
    ]
}

/// What costs money is sold at the box office.
pub(crate) fn seller() -> impl Strategy<Value = Who> {
    prop_oneof![2 => Just(Who::Owner), 1 => (0..4_u8).prop_map(Who::Buyer), 5 => Just(Who::Staff(9))]
}

pub(crate) fn changes() -> impl Strategy<Value = SaleTermsChange> {
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
