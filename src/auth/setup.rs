//! The first account: made in the browser by whoever holds the code that `serve` printed, or by
//! `leads user add`.

use super::workspaces::{NewWorkspace, Workspace};
use super::{BuiltInRole, NewUser, create_user, has_account, join, workspaces};
use crate::platform::ids::UserId;
use crate::platform::{Error, Result, Tx, secret};
use subtle::ConstantTimeEq;

/// Letters and digits that nobody confuses when typing a code.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// A code of 60 random bits, as in `K7QM-3FXA-92TD`.
pub fn fresh_code() -> Result<String> {
    let bytes = secret::random::<12>()?;
    let letters: Vec<char> = bytes
        .iter()
        .filter_map(|byte| ALPHABET.get(usize::from(byte % 32)).copied().map(char::from))
        .collect();
    Ok(letters
        .chunks(4)
        .map(|chunk| chunk.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join("-"))
}

/// Whether a code is the one that was printed; case, spaces and dashes do not matter.
pub fn code_fits(given: &str, printed: &str) -> bool {
    let plain = |code: &str| -> String {
        code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
    };
    plain(given).as_bytes().ct_eq(plain(printed).as_bytes()).into()
}

/// Makes the first account and its workspace; 409 when there is one already.
pub fn first_account(
    tx: &Tx,
    new: &NewUser,
    workspace: &NewWorkspace,
) -> Result<(UserId, Workspace)> {
    if has_account(tx)? {
        let message = "This installation has an account already; sign in.";
        return Err(Error::Conflict("already_set_up", message.into()));
    }
    let workspace = workspaces::create(tx, workspace)?;
    let user = create_user(tx, new)?;
    join(tx, workspace.id, user, BuiltInRole::SuperAdmin.id())?;
    Ok((user, workspace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_fits_however_it_is_typed() {
        let code = fresh_code().unwrap();
        assert_eq!(code.len(), 14);
        assert!(code_fits(&code.to_lowercase().replace('-', " "), &code));
        assert!(!code_fits("", &code));
    }
}
