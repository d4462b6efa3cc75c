//! SQL of members that follow when one lead becomes another.

use crate::platform::{Result, Tx};
use uuid::Uuid;

/// Puts a person in the place of another in each audience where it is not a member itself; answers audience and mark.
pub(in crate::broadcasts::audiences) fn hand_over(
    tx: &Tx,
    from: Uuid,
    to: Uuid,
) -> Result<Vec<(i64, i64)>> {
    Ok(tx
        .prepare_cached(
            "UPDATE OR IGNORE audience_members SET person_id = ? WHERE person_id = ? AND is_gone = 0
             RETURNING audience, mark",
        )?
        .query_map((to.as_bytes().as_slice(), from.as_bytes().as_slice()), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Gives places back to whom they were taken over from.
pub(in crate::broadcasts::audiences) fn hand_back(
    tx: &Tx,
    places: &[(i64, i64)],
    from: Uuid,
    to: Uuid,
) -> Result<()> {
    let mut statement = tx.prepare_cached(
        "UPDATE OR IGNORE audience_members SET person_id = ?1
         WHERE audience = ?3 AND mark = ?4 AND person_id = ?2",
    )?;
    for (audience, mark) in places {
        statement.execute((
            to.as_bytes().as_slice(),
            from.as_bytes().as_slice(),
            audience,
            mark,
        ))?;
    }
    Ok(())
}
