//! Bills: the worked examples by hand, and random histories against a slow calculator.

mod examples;
mod histories;
mod slow;
