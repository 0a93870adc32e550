import { Box, Text } from "ink";
import type { ReactElement } from "react";
import type { RunState } from "./run-state.js";
import { layOut, type ScreenSize } from "./screen-layout.js";
import type { StyledLine } from "./styled-line.js";

export interface RunScreenViewProps {
  readonly state: RunState;
  readonly size: ScreenSize;
  /** The run is over: nothing is shown as going on. */
  readonly final?: boolean;
}

/** The screen of a run, drawn from what is known at this moment. */
export function RunScreenView({ state, size, final = false }: RunScreenViewProps): ReactElement {
  const { top, columns, bottom } = layOut(state, size, final);
  return (
    <Box flexDirection="column">
      <Lines lines={top} />
      {columns !== undefined && (
        <Box flexDirection="row">
          <Box flexDirection="column" width={columns.leftWidth}>
            <Lines lines={columns.left} />
          </Box>
          <Box flexDirection="column">
            <Lines lines={columns.right} />
          </Box>
        </Box>
      )}
      <Lines lines={bottom} />
    </Box>
  );
}

function Lines({ lines }: { readonly lines: readonly StyledLine[] }): ReactElement {
  return (
    <>
      {lines.map((line, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line of a screen is its row and nothing else
        <Text key={row} wrap="truncate">
          {line.length === 0
            ? " "
            : line.map(({ text, colour, bold = false, dim = false }, k) => (
                <Text
                  // biome-ignore lint/suspicious/noArrayIndexKey: likewise
                  key={k}
                  bold={bold}
                  dimColor={dim}
                  {...(colour === undefined ? {} : { color: colour })}
                >
                  {text}
                </Text>
              ))}
        </Text>
      ))}
    </>
  );
}
