//! Looking through accounts.

use persistence::accounts::{AccountFilter, FollowUp};
use uuid::Uuid;

use super::{Desk, HASH, NOW, over_at};
use crate::support::in_time;

impl Desk {
    async fn list(&self, filter: AccountFilter<'_>, limit: u32) -> Vec<Uuid> {
        let listed = self.accounts.list(filter, limit).await.unwrap();
        listed.iter().map(|account| account.id).collect()
    }
}

#[tokio::test]
async fn accounts_come_in_pages_the_newest_first() {
    in_time(async {
        let desk = Desk::open().await;
        assert!(desk.list(AccountFilter::default(), 10).await.is_empty());
        let mut all = Vec::new();
        for number in 0..5 {
            all.push(desk.account(&format!("ann{number}@example.com")).await);
        }
        all.reverse();
        let mut paged: Vec<Uuid> = Vec::new();
        loop {
            let filter = AccountFilter {
                after: paged.last().copied(),
                ..AccountFilter::default()
            };
            let page = desk.list(filter, 2).await;
            if page.is_empty() {
                break;
            }
            paged.extend(page);
        }
        assert_eq!(paged, all);
        assert_eq!(desk.list(AccountFilter::default(), 3).await, all[..3]);
        assert!(desk.list(AccountFilter::default(), 0).await.is_empty());
        desk.accounts
            .erase((all[0], Some(HASH)), over_at(NOW), FollowUp::default(), NOW)
            .await
            .unwrap();
        assert_eq!(desk.list(AccountFilter::default(), 10).await, all[1..]);
    })
    .await;
}

#[tokio::test]
async fn accounts_are_found_by_role_and_by_address() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        let bob = desk.account("bob@example.com").await;
        desk.accounts
            .set_role(bob, "EDITOR", FollowUp::default(), NOW)
            .await
            .unwrap();
        let of_role = |role| AccountFilter {
            role: Some(role),
            ..AccountFilter::default()
        };
        assert_eq!(desk.list(of_role("EDITOR"), 10).await, [bob]);
        assert_eq!(desk.list(of_role("USER"), 10).await, [ann]);
        assert!(desk.list(of_role("SUPER_ADMIN"), 10).await.is_empty());
        let of_both = AccountFilter {
            email_key: Some("ann@example.com"),
            ..of_role("USER")
        };
        assert_eq!(desk.list(of_both, 10).await, [ann]);
        let of_neither = AccountFilter {
            role: Some("EDITOR"),
            ..of_both
        };
        assert!(desk.list(of_neither, 10).await.is_empty());
    })
    .await;
}
