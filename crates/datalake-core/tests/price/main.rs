//! Bills: the worked examples by hand, and random histories against a slow calculator.

#[cfg(test)]
mod examples;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod slow;
