/** Defines the sizes of a topology drawing. All in CSS pixels. */
export const NODE_WIDTH = 248;
export const NODE_HEIGHT = 106;
export const LABEL_WIDTH = 180;
export const LABEL_HEIGHT = 66;
export const SITE_PADDING = 16;
export const SITE_HEADER_HEIGHT = 36;
export const NODE_GAP = 14;
export const SITE_GAP = 24;
/** Room for the trunk of the streams, the label and the rail beside the sites. */
const GUTTER_WIDTH = LABEL_WIDTH + 56;
const CANVAS_PADDING = 24;
/** The compact size has no labels on its streams: it stands beside another drawing. */
export interface DrawingSize {
  nodeWidth: number;
  nodeHeight: number;
  labelWidth: number;
  labelHeight: number;
  gutterWidth: number;
  canvasPadding: number;
}
export const FULL_SIZE: DrawingSize = {
  nodeWidth: NODE_WIDTH,
  nodeHeight: NODE_HEIGHT,
  labelWidth: LABEL_WIDTH,
  labelHeight: LABEL_HEIGHT,
  gutterWidth: GUTTER_WIDTH,
  canvasPadding: CANVAS_PADDING,
};
export const COMPACT_SIZE: DrawingSize = {
  nodeWidth: 176,
  nodeHeight: 58,
  labelWidth: 0,
  labelHeight: 8,
  gutterWidth: 44,
  canvasPadding: 10,
};
