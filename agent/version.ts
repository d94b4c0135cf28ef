/** Version of the agent: equal to the version in package.json (a test holds them together). */
export const AGENT_VERSION = '0.1.0';
