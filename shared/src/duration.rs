//! Durations as people write them in the contract and in the environment: `90s`, `2m`, `1d`.

use std::time::Duration;

/// Reads `<number><unit>` with unit `s`, `m`, `h` or `d`. The number has no sign, no leading zero
/// and is at least 1.
pub fn parse(given: &str) -> Result<Duration, DurationError> {
    let error = || DurationError(given.to_owned());
    let (number, unit) = given
        .split_at_checked(given.len().saturating_sub(1))
        .ok_or_else(error)?;
    let seconds_per_unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(error()),
    };
    if number.starts_with('0') || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(error());
    }
    number
        .parse::<u32>()
        .ok()
        .and_then(|number| u64::from(number).checked_mul(seconds_per_unit))
        .map(Duration::from_secs)
        .ok_or_else(error)
}

/// A string that is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a duration: write a whole number and a unit, as in 90s, 2m, 12h or 1d")]
pub struct DurationError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_unit() {
        let seconds = |given| parse(given).map(|duration| duration.as_secs());
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("2m"), Ok(120));
        assert_eq!(seconds("12h"), Ok(43_200));
        assert_eq!(seconds("7d"), Ok(604_800));
    }

    #[test]
    fn rejects_what_is_not_a_number_and_a_unit() {
        for bad in [
            "",
            "s",
            "10",
            "-1s",
            "+1s",
            "0s",
            "01s",
            "1 s",
            "1ms",
            "1.5s",
            "1S",
            "4294967296s",
            "1é",
        ] {
            assert!(parse(bad).is_err(), "{bad:?} was accepted");
        }
    }
}
