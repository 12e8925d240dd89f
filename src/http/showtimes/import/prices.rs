//! The schema of a list of prices, which no derived one can say: a price or null for each name.

use serde_json::json;
use utoipa::openapi::schema::{AdditionalProperties, Type};
use utoipa::openapi::{Object, ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema};

/// The prices of a plan's categories.
pub(super) fn schema() -> Object {
    let price = OneOfBuilder::new()
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .item(Ref::from_schema_name("Money"));
    let price = RefOr::T(Schema::OneOf(price.build()));
    ObjectBuilder::new()
        .description(Some(
            "What each category of the plan costs, by its name; null is not for sale, and the empty \
             name is for seats without a category.",
        ))
        .additional_properties(Some(AdditionalProperties::RefOr(price)))
        .examples([json!({"Stalls": {"amount": 150_000, "currency": "INR"}, "Pillar": null})])
        .build()
}
