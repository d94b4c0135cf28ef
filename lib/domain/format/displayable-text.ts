/** Tells text that people read: any script, no control or direction-changing characters that could dress it up as something else. */
export const DISPLAYABLE_TEXT = /^[^\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}<>]*$/u;
