//! What owners have to know of a command before it is decided, kind by kind.

use journal::backlog::Lane;
use seating::command::CommandKind;

/// The answers to all questions about a kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommandTraits {
    /// What it may still enter when there is hardly any room.
    pub(crate) lane: Lane,
    /// Whether its answer may leave before its entry is durable, where the operator chose
    /// [`HoldAck::Memory`](crate::options::HoldAck). What is sold or cancelled never does.
    pub(crate) may_answer_early: bool,
}

/// The table. New holds are what a flood consists of; what frees or sells places goes before
/// them.
pub(crate) const fn traits(kind: CommandKind) -> CommandTraits {
    let (lane, may_answer_early) = match kind {
        CommandKind::Hold | CommandKind::Extend => (Lane::Ordinary, true),
        CommandKind::Release => (Lane::Urgent, true),
        CommandKind::BeginPayment
        | CommandKind::Confirm
        | CommandKind::SettlePayment
        | CommandKind::ExpireDue
        | CommandKind::CancelBooking
        | CommandKind::Block
        | CommandKind::Unblock
        | CommandKind::Reconfigure => (Lane::Urgent, false),
    };
    CommandTraits {
        lane,
        may_answer_early,
    }
}
